// Says of a file that is too large before it is sent, and what goes on while a large one is read.
(function () {
  "use strict";

  function judge(input) {
    var said = input.parentNode.querySelector(".too-large");
    var file = input.files && input.files[0];
    var large = Boolean(file) && file.size > Number(input.getAttribute("data-limit"));
    input.setCustomValidity(large ? input.getAttribute("data-too-large") : "");
    if (said) {
      said.textContent = large ? input.getAttribute("data-too-large") : "";
      said.hidden = !large;
    }
    return !large;
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches && event.target.matches("input[type=file][data-limit]")) judge(event.target);
  });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-upload]")) return;
    form.setAttribute("aria-busy", "true");
  });
})();
