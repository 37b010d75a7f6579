// Asks before a form with input that was not saved is left. The browser asks in its own words.
//
// A form says by data-unsaved that it holds more than a word or two. It counts once a person has changed something that
// still differs from what the page came with, or where it came back because of an error. Its own Save and Cancel ask
// nothing.
(function () {
  "use strict";

  var touched = new WeakSet();
  var refused = new WeakSet();
  var leaving = null;

  document.querySelectorAll("form[data-unsaved]").forEach(function (form) {
    if (form.querySelector(".wrong, [aria-invalid=true]")) refused.add(form);
  });

  function differs(field) {
    if (field.type === "hidden" || field.type === "submit" || field.type === "button") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.type === "file") return field.files.length > 0;
    if (field.tagName === "SELECT") {
      var options = Array.from(field.options);
      var first = Math.max(0, options.findIndex(function (option) { return option.defaultSelected; }));
      return field.selectedIndex !== first;
    }
    return "defaultValue" in field && field.value !== field.defaultValue;
  }

  function isUnsaved(form) {
    if (form === leaving) return false;
    if (refused.has(form)) return true;
    return touched.has(form) && Array.from(form.elements).some(differs);
  }

  function own(event) {
    return event.target.closest ? event.target.closest("form[data-unsaved]") : null;
  }

  ["input", "change"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var form = own(event);
      if (form) { touched.add(form); leaving = null; }
    });
  });
  document.addEventListener("submit", function (event) { leaving = own(event); });
  document.addEventListener("click", function (event) {
    if (event.target.closest("a.btn") && own(event)) leaving = own(event);
  });
  // A save in place leaves the page standing, and what it says then is new.
  document.addEventListener("htmx:afterRequest", function () { leaving = null; });
  window.addEventListener("pageshow", function () { leaving = null; });

  window.addEventListener("beforeunload", function (event) {
    if (Array.from(document.querySelectorAll("form[data-unsaved]")).some(isUnsaved)) event.preventDefault();
  });
})();
