// The page of one token renews its parts in place: what is being read, used or selected stays as it is.
(function () {
  "use strict";

  function plain(part) {
    var copy = part.cloneNode(true);
    copy.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach(function (field) { field.remove(); });
    copy.querySelectorAll("[class='']").forEach(function (node) { node.removeAttribute("class"); });
    return copy;
  }

  function isHeld(part) {
    var selection = getSelection();
    if (part.contains(document.activeElement) || part.querySelector(".htmx-request, details[open]")) return true;
    return !selection.isCollapsed && selection.containsNode(part, true);
  }

  function announceChange(old, fresh) {
    if (old.dataset.level === fresh.dataset.level) return;
    document.getElementById("announce").textContent = fresh.dataset.name + ": " + fresh.dataset.word;
  }

  function put(live, fresh) {
    fresh.querySelectorAll("[data-part]").forEach(function (next) {
      var old = document.getElementById(next.id);
      if (!old) return;
      if (next.dataset.level) announceChange(old, next);
      if (plain(old).isEqualNode(plain(next)) || (isHeld(old) && old.dataset.level === next.dataset.level)) return;
      old.replaceWith(next);
      htmx.process(next);
    });
  }

  document.addEventListener("htmx:beforeSwap", function (event) {
    var live = document.getElementById("live");
    if (!live || event.detail.target !== live) return;
    event.detail.shouldSwap = false;
    if (event.detail.xhr.status >= 300) return;
    put(live, new DOMParser().parseFromString(event.detail.serverResponse, "text/html"));
    document.body.classList.remove("offline");
  });
})();
