// Draws the figures, redraws them when the ground turns light or dark, and highlights the model that the reader picks.
// Bundled with Vega-Embed (vegaEmbed), Vega-Lite and Vega.
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

  async function drawAll() {
    for (const place of places) await draw(place);
    document.documentElement.dataset.figures = "done";
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      focus = focus === button.dataset.model ? "" : button.dataset.model;
      for (const each of buttons) each.setAttribute("aria-pressed", String(each.dataset.model === focus));
      for (const { view } of views.values()) view.signal("focus", focus).runAsync();
    });
  }
  // A link to folded parameters opens them.
  const unfold = () => document.getElementById(location.hash.slice(1))?.closest("details")?.setAttribute("open", "");
  window.addEventListener("hashchange", unfold);
  unfold();
  dark.addEventListener("change", drawAll);
  drawAll();
})();
