// Applies the stored colour theme before the first paint. A classic script, so that the page never flashes;
// it must not do anything else. The choice is kept under `zerostate.theme`: auto, light or dark.
(() => {
  let theme = 'auto';
  try {
    theme = localStorage.getItem('zerostate.theme') ?? 'auto';
  } catch {
    // Storage may be denied; the system's own preference is then used.
  }
  document.documentElement.dataset.theme = ['light', 'dark'].includes(theme) ? theme : 'auto';
})();
