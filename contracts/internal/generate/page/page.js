(function () {
  "use strict";
  var asked = new URLSearchParams(location.search);
  var form = document.getElementById("filter");
  var words = form.elements.words, kind = form.elements.kind, border = form.elements.border;
  function filter() {
    var wanted = words.value.trim().toLowerCase().split(/\s+/), hits = 0;
    document.querySelectorAll("article[data-words]").forEach(function (a) {
      var on = wanted.every(function (w) { return a.dataset.words.includes(w); }) &&
        (kind.value === "" || a.dataset.kind === kind.value) && (!border.checked || a.dataset.border === "yes");
      a.hidden = !on;
      document.querySelector('[data-for="' + a.id + '"]').hidden = !on;
      hits += on ? 1 : 0;
    });
    document.querySelectorAll("section.service").forEach(function (s) {
      s.hidden = !s.querySelector("article:not([hidden])");
    });
    document.querySelectorAll("nav .group").forEach(function (g) {
      g.hidden = !g.querySelector("li:not([hidden])");
    });
    var asking = words.value.trim() !== "" || kind.value !== "" || border.checked;
    document.getElementById("hits").textContent = asking ? hits + (hits === 1 ? " event" : " events") : "";
    document.querySelector(".lead-in").hidden = asking;
    document.getElementById("none").hidden = hits > 0;
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  if (asked.get("q")) { words.value = asked.get("q"); filter(); }
  document.addEventListener("keydown", function (e) {
    if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) { e.preventDefault(); words.focus(); }
  });
  if (window.matchMedia("(max-width: 860px)").matches) {
    document.querySelectorAll("nav .group").forEach(function (g) { g.open = false; });
  }
})();
