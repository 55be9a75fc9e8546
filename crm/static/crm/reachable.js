// Names what a screen reader could not name, and lets the keyboard scroll what can be scrolled.
"use strict";

(function () {
  // select2 hides the select that the label belongs to, and names none of what it draws instead.
  function nameSelect(select) {
    const label = select.labels && select.labels[0];
    const drawn = select.nextElementSibling;
    if (!label || !drawn || !drawn.classList.contains("select2")) {
      return;
    }
    const name = label.textContent.trim();
    for (const part of drawn.querySelectorAll('[role="combobox"], [role="textbox"], [role="searchbox"]')) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
  }

  function nameAll() {
    document.querySelectorAll("select.select2-hidden-accessible").forEach(nameSelect);
  }

  // A wide table on a narrow screen is reached by the keyboard too.
  function letScroll() {
    for (const box of document.querySelectorAll(".overflow-x-auto, [class*='overflow-x-auto']")) {
      if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
      }
    }
  }

  window.addEventListener("load", () => {
    letScroll();
    const jquery = window.django && window.django.jQuery;
    if (jquery) {
      jquery(document).on("select2:open", (event) => {
        const label = event.target.labels && event.target.labels[0];
        const search = document.querySelector(".select2-container--open .select2-search__field");
        if (label && search) {
          search.setAttribute("aria-label", label.textContent.trim());
        }
      });
    }
  });
  // A select is drawn when its page is ready, when a row is added, and anew whenever its choices change.
  new MutationObserver(nameAll).observe(document.documentElement, { childList: true, subtree: true });
  window.addEventListener("resize", letScroll);
})();
