// Starts the program of manifests, as worker_loader.js starts the simulation. What fails here is thrown, so that the page hears of it.
importScripts(`manifests.js${self.location.search}`);
wasm_bindgen({ module_or_path: `manifests_bg.wasm${self.location.search}` }).catch((error) => {
  setTimeout(() => {
    throw error;
  });
});
