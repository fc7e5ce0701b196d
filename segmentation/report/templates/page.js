"use strict";
(function () {
  const FADED = 0.12;
  const PAPER = {one: 660, many: 315};
  const options = {displayModeBar: false};

  function put(target, path, value) {
    const keys = path.split(".");
    const last = keys.pop();
    const inner = keys.reduce((at, key) => (at[key] = at[key] || {}), target);
    inner[last] = value;
  }

  function draw(plot, paper) {
    const figure = JSON.parse(plot.nextElementSibling.textContent);
    const narrow = figure.layout.meta.narrow;
    const isNarrow = (paper || plot.clientWidth) < narrow.below;
    const form = paper ? "paper" : isNarrow ? "narrow" : "wide";
    const isDrawn = plot.dataset.form === form;
    plot.dataset.form = form;
    plot.dataset.width = paper || plot.clientWidth;
    if (isDrawn) {
      if (!paper) Plotly.relayout(plot, {autosize: true});
      return;
    }
    delete figure.layout.meta;
    if (paper) figure.layout.width = paper;
    if (isNarrow) {
      Object.entries(narrow.layout).forEach(([path, value]) => put(figure.layout, path, value));
      figure.data.forEach((trace) => Object.entries(narrow.traces).forEach(([path, value]) => put(trace, path, value)));
    }
    plot.style.minHeight = "";
    Plotly.react(plot, figure.data, figure.layout, options);
  }

  function showOnly(vertical, segment) {
    document.querySelectorAll(`.plot[data-vertical="${vertical}"]`).forEach((plot) => {
      if (!plot.dataset.form) draw(plot);
      const named = plot.data.map((trace) => trace.name);
      if (plot.closest("[data-panel]") || !named.includes(segment) && segment !== null) return;
      const opacity = named.map((name) => (segment === null || name === segment ? 1 : FADED));
      Plotly.restyle(plot, {opacity: opacity});
    });
    document.querySelectorAll(`#${vertical} [data-panel]`).forEach((panel) => {
      panel.classList.toggle("faded", segment !== null && panel.dataset.panel !== segment);
    });
  }

  document.querySelectorAll(".legend button").forEach((button) => {
    button.addEventListener("click", () => {
      const wasPressed = button.getAttribute("aria-pressed") === "true";
      button.parentElement.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", "false"));
      button.setAttribute("aria-pressed", String(!wasPressed));
      showOnly(button.dataset.vertical, wasPressed ? null : button.dataset.segment);
    });
  });

  const plots = Array.from(document.querySelectorAll(".plot"));
  const seen = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target)),
    {rootMargin: "600px"}
  );
  plots.forEach((plot) => seen.observe(plot));
  window.addEventListener("beforeprint", () => plots.forEach((plot) => {
    draw(plot, plot.closest(".many") ? PAPER.many : PAPER.one);
  }));
  window.addEventListener("afterprint", () => plots.forEach((plot) => draw(plot)));
  let resting = null;
  function fit() {
    const isStale = (plot) => plot.dataset.form && Number(plot.dataset.width) !== plot.clientWidth;
    plots.filter(isStale).forEach((plot) => draw(plot));
  }
  // At once for a window that changes once (a phone turned round), and after a rest for one that is drawn to size.
  const resized = new ResizeObserver(() => {
    if (resting === null) fit();
    clearTimeout(resting);
    resting = setTimeout(() => { resting = null; fit(); }, 150);
  });
  plots.forEach((plot) => resized.observe(plot));

  const waiting = plots.slice();
  function drawNext() {
    const plot = waiting.shift();
    if (!plot) return;
    draw(plot);
    setTimeout(drawNext, 0);
  }
  window.addEventListener("load", () => setTimeout(drawNext, 50));

  const links = new Map(Array.from(document.querySelectorAll("nav.bar a")).map((a) => [a.getAttribute("href").slice(1), a]));
  const here = new IntersectionObserver(
    (entries) => entries.forEach((entry) => {
      if (!entry.isIntersecting) return;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }),
    {rootMargin: "-20% 0px -75% 0px"}
  );
  links.forEach((_, id) => here.observe(document.getElementById(id)));
})();
