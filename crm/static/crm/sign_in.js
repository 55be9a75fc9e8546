// A passkey that was not shown says so on the page, and not in the browser's console alone.
(function () {
  "use strict";
  document.addEventListener("allauth.error", (event) => {
    const fault = document.getElementById("passkey-fault");
    if (!fault) return;
    event.preventDefault();
    fault.classList.remove("hidden");
  });
})();
