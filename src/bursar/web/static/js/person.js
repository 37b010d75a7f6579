// What belongs to the person at this browser: its time zone, and light or dark. Both are kept in cookies, so that
// the server renders the page right at once.
(function () {
  "use strict";

  function keep(name, value) {
    var secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + value + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  }

  keep("bursar-zone", Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");

  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-switch]")) return;
    var root = document.documentElement;
    var now = root.getAttribute("data-bs-theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    var next = now === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", next);
    document.querySelector("meta[name=color-scheme]").content = next;
    keep("bursar-theme", next);
  });
})();
