// Draws the figures that are seen, others when their fold is opened; redraws them when the ground turns light or dark,
// and highlights the model that the reader picks. Bundled with Vega-Embed (vegaEmbed), Vega-Lite and Vega.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const configs = JSON.parse(document.getElementById("configs").textContent);
  const places = [...document.querySelectorAll("[data-figure]")];
  const buttons = [...document.querySelectorAll("[data-model]")];
  const views = new Map();
  let focus = "";

  async function draw(place) {
    const spec = JSON.parse(document.getElementById(`spec-${place.dataset.figure}`).textContent);
    const options = {
      actions: false,
      ast: true, // the page's policy allows no code made from text
      config: configs[dark.matches ? "dark" : "light"],
      defaultStyle: false,
      renderer: "svg",
      tooltip: { disableDefaultStyle: true },
    };
    place.dataset.state = "drawing";
    place.classList.toggle("dark", dark.matches);
    try {
      const drawn = await vegaEmbed(place, spec, options);
      views.get(place)?.finalize();
      views.set(place, drawn);
      await drawn.view.signal("focus", focus).runAsync();
      place.dataset.state = "drawn";
    } catch (error) {
      place.dataset.state = "failed";
      place.textContent = `This figure could not be drawn (${error.message}); the table below holds its numbers.`;
    }
  }

  async function drawSeen() {
    // What is folded has no width to fill.
    for (const place of places) if (!place.dataset.state && place.offsetParent) await draw(place);
    document.documentElement.dataset.figures = "done";
  }

  function redraw() {
    for (const place of places) delete place.dataset.state;
    return drawSeen();
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      focus = focus === button.dataset.model ? "" : button.dataset.model;
      for (const each of buttons) each.setAttribute("aria-pressed", String(each.dataset.model === focus));
      for (const { view } of views.values()) view.signal("focus", focus).runAsync();
    });
  }
  document.addEventListener("toggle", drawSeen, true);
  // A link to what is folded opens it.
  const unfold = () => document.getElementById(location.hash.slice(1))?.closest("details")?.setAttribute("open", "");
  window.addEventListener("hashchange", unfold);
  unfold();
  dark.addEventListener("change", redraw);
  drawSeen();
})();
