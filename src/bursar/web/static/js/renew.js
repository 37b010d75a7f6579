// Puts renewed parts of the overview in place. While the pointer or the focus is in the table, rows change where they
// stand and move to their groups only afterwards; a change of level is announced once.
(function () {
  "use strict";

  var waiting = false;
  var hovers = matchMedia("(hover: hover)").matches;
  var FOCUSABLE = "a, button, summary, input";

  function rowsOf(root) {
    return Array.from(root.querySelectorAll("tr[id^='t-']"));
  }

  function isHeld(section) {
    return (hovers && section.matches(":hover")) || section.contains(document.activeElement);
  }

  function announceChanges(section, fresh) {
    var changes = [];
    rowsOf(section).forEach(function (row) {
      var next = fresh.getElementById(row.id);
      if (next && next.dataset.level !== row.dataset.level) changes.push(next.dataset.name + ": " + next.dataset.word);
    });
    if (changes.length) document.getElementById("announce").textContent = changes.slice(0, 5).join(". ");
  }

  function put(old, next) {
    next.removeAttribute("hx-swap-oob");
    old.replaceWith(next);
    htmx.process(next);
  }

  function putRow(row, next) {
    if (row.querySelector("details[open]")) return false;
    if (row.innerText.trim() === "" || row.textContent.trim() === next.textContent.trim() && row.className === next.className) {
      return true;
    }
    var place = Array.from(row.querySelectorAll(FOCUSABLE)).indexOf(document.activeElement);
    put(row, next);
    if (place >= 0) {
      var targets = next.querySelectorAll(FOCUSABLE);
      if (targets.length) targets[Math.min(place, targets.length - 1)].focus();
    }
    return true;
  }

  function putInPlace(section, fresh) {
    var before = rowsOf(section).map(function (row) { return row.id; }).join();
    var after = rowsOf(fresh).map(function (row) { return row.id; }).join();
    waiting = before !== after;
    rowsOf(section).forEach(function (row) {
      var next = fresh.getElementById(row.id);
      if (!next || !putRow(row, next)) waiting = true;
    });
  }

  document.addEventListener("htmx:beforeSwap", function (event) {
    var section = document.getElementById("rows");
    if (!section || event.detail.target !== section || event.detail.xhr.status >= 300) return;
    var fresh = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    var next = fresh.getElementById("rows");
    if (!next) return;
    event.detail.shouldSwap = false;
    announceChanges(section, fresh);
    var verb = (event.detail.requestConfig || {}).verb;
    if (verb === "post") document.querySelectorAll("details.more[open]").forEach(function (menu) { menu.open = false; });
    var typed = document.activeElement && document.activeElement.id === "q";
    if (!typed && isHeld(section)) putInPlace(section, fresh);
    else { waiting = false; put(section, next); }
    fresh.querySelectorAll("[hx-swap-oob]").forEach(function (part) {
      var old = document.getElementById(part.id);
      if (!old || part.isEqualNode(old)) return;
      var open = old.querySelector("details[open]");
      if (old.contains(document.activeElement) && verb !== "post") return;
      put(old, part);
      if (open && part.querySelector("details")) part.querySelector("details").open = true;
    });
    var held = document.getElementById("rows");
    held.dataset.seal = waiting ? "" : next.dataset.seal;
    if (window.bursarTicks) window.bursarTicks();
    var address = event.detail.xhr.getResponseHeader("HX-Replace-Url");
    if (address) history.replaceState(null, "", address);
    document.body.classList.remove("offline");
  });

  // What is asked for again is named by what is shown: where nothing changed, the answer is empty (204).
  document.addEventListener("htmx:configRequest", function (event) {
    var section = document.getElementById("rows");
    if (event.target === section) event.detail.headers["If-None-Match"] = section.dataset.seal || "";
  });

  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful) document.body.classList.remove("offline");
  });

  function settle() {
    var section = document.getElementById("rows");
    if (waiting && section && !isHeld(section)) { waiting = false; htmx.trigger(section, "renew"); }
  }

  document.addEventListener("mouseout", function (event) {
    if (event.target.closest && event.target.closest("#rows")) setTimeout(settle, 300);
  });
  document.addEventListener("focusout", function () { setTimeout(settle, 300); });
  document.addEventListener("htmx:sendError", function () { document.body.classList.add("offline"); });
  document.addEventListener("htmx:responseError", function () { document.body.classList.add("offline"); });
})();
