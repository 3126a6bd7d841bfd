// Starts the program of manifests, whose WebAssembly the page names behind the #. In the built site this stands at the end of
// the program's own script.
if (typeof wasm_bindgen === 'undefined') importScripts(`manifests.js${self.location.search}`);
// What fails here is thrown out of the promise, so that the page hears of it.
wasm_bindgen({ module_or_path: self.location.hash.slice(1) }).catch((error) => setTimeout(() => { throw error; }));
