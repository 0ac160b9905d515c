(function () {
  "use strict";
  var form = document.getElementById("event-filter");
  if (form) {
    form.hidden = false;
    var words = form.elements.words, refused = form.elements.refused;
    var filter = function () {
      var wanted = words.value.trim().toLowerCase(), hits = 0;
      document.querySelectorAll("[data-words], tr.event").forEach(function (row) {
        var off = !(row.dataset.words || row.textContent.toLowerCase()).includes(wanted);
        if (refused.checked) { off = off || !row.classList.contains("refused"); }
        row.classList.toggle("off", off);
        if (row.tagName === "TR") { hits += off ? 0 : 1; }
      });
      document.getElementById("event-hits").textContent = wanted || refused.checked ? hits + " events match" : "";
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", function (e) { e.preventDefault(); });
  }

  // the theme that was chosen goes along to the next page
  document.addEventListener("click", function (e) {
    var link = e.target.closest("a[href]"), theme = document.documentElement.dataset.theme;
    if (link === null || theme === undefined) { return; }
    link.search = "?theme=" + theme;
  });

  // what a link leads to is shown
  function reveal() {
    var at = document.getElementById(location.hash.slice(1) || "content");
    if (at === null) { return; }
    if (at.tagName === "DETAILS") { at.open = true; at.scrollIntoView(); }
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (d) { d.open = false; });
  });
})();
