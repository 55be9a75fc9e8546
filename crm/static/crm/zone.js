// Tells the admin in which time zone its user sits, so that times are shown in it.
"use strict";

(function () {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = window.location.protocol === "https:" ? "; secure" : "";
  if (zone) {
    document.cookie = `zone=${zone}; path=/admin/; max-age=31536000; samesite=lax${secure}`;
  }
})();
