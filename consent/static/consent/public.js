// Nothing here is needed: every page works without it.
"use strict";

// Where something is wrong, the list of it is read first; a frame's autofocus is not always honoured.
const errors = document.querySelector(".errors");
if (errors) {
  errors.focus();
}

// A till that nobody touches goes back to its empty form. Without scripts the page does so by itself, touched or not.
const idle = document.querySelector("[data-idle-seconds]");
if (idle) {
  const leave = () => window.location.replace(idle.dataset.idleUrl);
  let timer;
  const wait = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(leave, 1000 * Number(idle.dataset.idleSeconds));
  };
  for (const touch of ["pointerdown", "keydown", "input"]) {
    document.addEventListener(touch, wait, { passive: true });
  }
  // A page that the back button took out of memory is asked for anew.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      leave();
    }
  });
  wait();
}
