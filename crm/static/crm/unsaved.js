// The theme warns before a form is left in which somebody has typed. This knows of two cases more: what was chosen from
// a list that is searched, which tells only jQuery of it, and a form that is shown again, which was never saved.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form.warn-unsaved-form");
    if (!form) return;
    let unsaved = Boolean(form.querySelector(".errornote, [data-stale]"));
    const jquery = window.django && window.django.jQuery;
    if (jquery) {
      jquery(form).on("select2:select select2:unselect select2:clear", () => {
        unsaved = true;
      });
    }
    form.addEventListener("submit", () => {
      unsaved = false;
    });
    window.addEventListener("beforeunload", (event) => {
      if (unsaved) event.preventDefault();
    });
  });
})();
