// How far an import is: asked for every second and a half, until its stage changes; then the page is loaded again.
(function () {
  "use strict";
  const bar = document.querySelector("[data-progress]");
  if (!bar) return;
  const words = document.getElementById("import-progress-words");
  const ask = async () => {
    try {
      const answer = await fetch(bar.dataset.progress, { credentials: "same-origin" });
      if (answer.redirected || !answer.ok) return; // signed out: the page says so when it is loaded again
      const far = await answer.json();
      if (far.stage !== bar.dataset.stage) {
        window.location.reload();
        return;
      }
      if (bar.hasAttribute("aria-valuenow")) {
        const share = far.total ? Math.min(100, Math.floor((100 * far.done) / far.total)) : 0;
        bar.setAttribute("aria-valuenow", String(share));
        bar.firstElementChild.style.width = `${share}%`;
      }
      if (words.textContent !== far.words) words.textContent = far.words;
    } catch {
      // The network comes and goes; so does a server that is being restarted.
    }
    window.setTimeout(ask, 1500);
  };
  window.setTimeout(ask, 1000);
})();
