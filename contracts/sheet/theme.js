(function () {
  "use strict";
  var root = document.documentElement;
  var button = document.getElementById("theme");
  function dark() {
    if (root.dataset.theme) { return root.dataset.theme === "dark"; }
    return window.matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function show(theme) {
    if (theme === "dark" || theme === "light") { root.dataset.theme = theme; }
    button.textContent = dark() ? "Light" : "Dark";
  }
  show(new URLSearchParams(location.search).get("theme"));
  button.hidden = false;
  button.addEventListener("click", function () { show(dark() ? "light" : "dark"); });
})();
