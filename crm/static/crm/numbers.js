// A number typed into a search box would become an address, and addresses are kept in logs: it is not sent.
(function () {
  "use strict";
  const like = (text) => (text.match(/\d/g) || []).length >= 7 && !/[a-z@]/i.test(text);
  const isSearch = (box) =>
    box instanceof HTMLInputElement &&
    (box.name === "q" || box.name === "s" || box.classList.contains("select2-search__field"));

  // In the capture phase: before htmx, select2 or the form itself hears of it.
  for (const kind of ["submit", "input", "keyup", "change"]) {
    document.addEventListener(
      kind,
      (event) => {
        const box = kind === "submit" ? event.target.querySelector("input[name=q]") : event.target;
        if (!isSearch(box)) return;
        const stop = like(box.value);
        box.setCustomValidity(stop ? "Numbers cannot be searched for here. Search for a name." : "");
        if (stop) {
          event.stopImmediatePropagation();
          if (kind === "submit") event.preventDefault();
          box.reportValidity();
        }
      },
      true
    );
  }
  // htmx waits a little after a key and then sends what stands in the box by then.
  document.addEventListener(
    "htmx:configRequest",
    (event) => {
      if (isSearch(event.target) && like(event.target.value)) event.preventDefault();
    },
    true
  );
})();
