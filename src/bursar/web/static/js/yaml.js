// The text area for YAML: numbered lines, marks at the lines that break a rule, Tab that indents and Escape that lets go.
(function () {
  "use strict";

  var area = document.querySelector("[data-yaml]");
  if (!area) return;
  var gutter = document.getElementById("yaml-gutter");
  var free = false; // after Escape, Tab moves on as everywhere else

  function number() {
    var wanted = area.value.split("\n").length;
    area.rows = wanted;
    while (gutter.childElementCount > wanted) gutter.lastElementChild.remove();
    while (gutter.childElementCount < wanted) {
      var line = document.createElement("i");
      line.textContent = gutter.childElementCount + 1;
      gutter.append(line);
    }
  }

  function mark() {
    var check = document.getElementById("yaml-check");
    var wrong = (check.getAttribute("data-lines") || "").trim().split(" ");
    Array.from(gutter.children).forEach(function (line) {
      line.classList.toggle("marked", wrong.indexOf(line.textContent) >= 0);
    });
    if (wrong[0]) area.setAttribute("aria-invalid", "true");
    else area.removeAttribute("aria-invalid");
  }

  function goTo(wanted) {
    var lines = area.value.split("\n");
    var start = lines.slice(0, wanted - 1).join("\n").length + (wanted > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start, start + lines[wanted - 1].length);
    gutter.children[wanted - 1].scrollIntoView({ block: "center" });
  }

  function insert(text) {
    // execCommand keeps the browser's own undo; setRangeText is for those that have it no more.
    if (document.execCommand && document.execCommand("insertText", false, text)) return;
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function indent(outwards) {
    var from = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    if (!outwards && area.selectionStart === area.selectionEnd) {
      insert((area.selectionStart - from) % 2 ? " " : "  ");
      return;
    }
    var lines = area.value.slice(from, area.selectionEnd).split("\n").map(function (line) {
      return outwards ? line.replace(/^ {1,2}/, "") : "  " + line;
    }).join("\n");
    area.setSelectionRange(from, area.selectionEnd);
    insert(lines);
    area.setSelectionRange(from, from + lines.length);
  }

  area.addEventListener("input", number);
  area.addEventListener("focus", function () { free = false; });
  area.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { free = true; return; }
    if (event.key !== "Tab" || free || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    indent(event.shiftKey);
  });
  document.addEventListener("htmx:afterSwap", mark);
  // A session that ended must not take the text away with it: checking would lead to the sign-in page.
  document.addEventListener("htmx:beforeOnLoad", function (event) {
    if (event.target !== area || !event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    event.preventDefault();
    document.getElementById("yaml-check").textContent = area.getAttribute("data-signed-out");
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.getAttribute("data-line")));
  });
  var hint = document.querySelector(".key-hint");
  if (hint) hint.hidden = false;
  number();
})();
