// Starts the page's program: Trunk writes the names of its two files onto this script's tag (Trunk.toml).
const tag = document.querySelector('script[data-app]');
const at = (path) => new URL(path, document.baseURI).href;

try {
  const { default: init } = await import(at(tag.dataset.app));
  await init({ module_or_path: at(tag.dataset.wasm) });
} catch (error) {
  const notice = document.createElement('p');
  notice.className = 'boot-failure';
  notice.setAttribute('role', 'alert');
  notice.textContent = `Headroom could not start: ${error.message}. A current browser with WebAssembly is needed; reloading may help.`;
  document.body.append(notice);
  throw error;
}
