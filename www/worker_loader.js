// Starts the worker's program. The query (the build id) is passed on, so that a new build never meets an old file from a cache.
importScripts(`worker.js${self.location.search}`);
wasm_bindgen({ module_or_path: `worker_bg.wasm${self.location.search}` });
