// Starts a worker's program. The page has loaded and compiled it, and hands it over: all workers share one, and none waits
// for the network. In the built site this stands at the end of the program's own script.
if (typeof wasm_bindgen === 'undefined') importScripts('worker.js');
self.onmessage = ({ data }) => {
  // What else comes before it is meant for the program, and would be lost with or without this.
  if (!(data instanceof WebAssembly.Module)) return;
  self.onmessage = null;
  // Thrown out of the promise: only so does the page hear of it.
  wasm_bindgen({ module_or_path: data }).catch((error) => setTimeout(() => { throw error; }));
};
