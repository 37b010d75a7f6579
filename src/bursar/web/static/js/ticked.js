// Ticked rows of the overview: the bar appears with the first tick, and ticks stay when rows are renewed.
(function () {
  "use strict";

  var form = document.getElementById("ticked");
  if (!form) return;
  document.documentElement.classList.add("scripted");
  var ticked = new Set();
  var counted = form.querySelector("[data-ticked]");
  var words = counted.getAttribute("data-ticked");

  function boxes() {
    return Array.from(document.querySelectorAll("#rows .row-tick[name=id]"));
  }

  function show() {
    var all = document.querySelector("#rows [data-tick-all]");
    var here = boxes();
    var on = here.filter(function (box) { return box.checked; }).length;
    if (all) {
      all.checked = on > 0 && on === here.length;
      all.indeterminate = on > 0 && on < here.length;
    }
    var text = words.replace("%s", on);
    form.classList.toggle("any", on > 0);
    if (counted.textContent !== text) counted.textContent = text;
  }

  // Rows that left the page, or the result of a filter, are ticked no longer: the bar speaks of what is seen.
  window.bursarTicks = function () {
    var here = boxes();
    here.forEach(function (box) { box.checked = ticked.has(box.value); });
    ticked = new Set(here.filter(function (box) { return box.checked; }).map(function (box) { return box.value; }));
    show();
  };

  function keep(box) {
    if (box.checked) ticked.add(box.value); else ticked.delete(box.value);
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches("#rows [data-tick-all]")) {
      boxes().forEach(function (box) { box.checked = event.target.checked; keep(box); });
    } else if (event.target.matches("#rows .row-tick[name=id]")) keep(event.target);
    else return;
    show();
  });

  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-untick]")) return;
    ticked.clear();
    window.bursarTicks();
    var all = document.querySelector("#rows [data-tick-all]");
    if (all) all.focus();
  });

  window.bursarTicks();
})();
