// Small things that plain HTML can't do: copying, menus that close, the search key, focus on what needs it.
(function () {
  "use strict";

  function announce(text) {
    document.getElementById("announce").textContent = text;
  }

  function select(node) {
    var range = document.createRange();
    range.selectNodeContents(node);
    var selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  function copy(button) {
    var source = document.getElementById(button.getAttribute("data-copy"));
    var word = button.querySelector("span");
    var before = button.dataset.word || (button.dataset.word = word.textContent);
    function said(text) {
      word.textContent = text;
      announce(text);
      setTimeout(function () { word.textContent = before; }, 2500);
    }
    select(source);
    // Outside https and localhost browsers have no clipboard: what is selected can be copied by hand.
    var copied = button.getAttribute("data-copied"), selected = button.getAttribute("data-selected");
    if (!navigator.clipboard) { said(selected); return; }
    navigator.clipboard.writeText(source.getAttribute("data-text")).then(function () { said(copied); }, function () { said(selected); });
  }

  function closeMenus(except) {
    document.querySelectorAll("details.drop[open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (button) copy(button);
    closeMenus(event.target.closest("details.drop"));
  });

  // Whoever tabs out of a menu is done with it.
  document.addEventListener("focusin", function (event) { closeMenus(event.target.closest("details.drop")); });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      var open = document.querySelector("details.drop[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
    var typing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      var search = document.getElementById("q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });

  function focusWanted(within) {
    var wanted = within.matches && within.matches("[data-focus]") ? within : within.querySelector("[data-focus]");
    if (wanted) wanted.focus();
  }
  focusWanted(document);
  document.addEventListener("htmx:afterSettle", function (event) { if (event.target !== document.body) focusWanted(event.target); });
})();
