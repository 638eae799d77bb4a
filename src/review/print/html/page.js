"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const one = (query) => document.querySelector(query);
  const resources = all(".resource");
  const texts = new Map(resources.map((it) => [it, it.textContent.toLowerCase()]));
  const search = one("#search"), kind = one("#kind"), shown = one("#shown"), none = one("#none");
  const chips = all(".chip");
  let at = -1;

  for (const it of [one("#filters"), one("#theme"), one("#keys")]) it.hidden = false;

  const visible = () => resources.filter((it) => !it.hidden);

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const risks = new Set(chips.filter((it) => it.getAttribute("aria-pressed") === "true").map((it) => it.dataset.risk));
    let count = 0;
    for (const it of resources) {
      const text = texts.get(it);
      const fits = risks.has(it.dataset.risk) && (!kind.value || it.dataset.kind === kind.value) && words.every((word) => text.includes(word));
      it.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count === resources.length ? `${count} resources` : `${count} of ${resources.length} resources`;
    none.hidden = count > 0 || resources.length === 0;
  }

  function only(risk) {
    for (const it of chips) it.setAttribute("aria-pressed", String(risk === null || it.dataset.risk === risk));
    filter();
  }

  function move(step) {
    const list = visible();
    if (list.length === 0) return;
    const now = list.indexOf(resources[at]);
    const next = list[Math.min(list.length - 1, Math.max(0, now + step))];
    select(next);
    next.querySelector("summary").focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  }

  function select(it) {
    if (at >= 0) resources[at].classList.remove("at");
    at = resources.indexOf(it);
    it.classList.add("at");
  }

  const fold = (open) => visible().forEach((it) => { it.open = open; });

  function help() {
    const box = one("#help");
    box.hidden = !box.hidden;
    one("#keys").setAttribute("aria-expanded", String(!box.hidden));
  }

  function follow() {
    const target = location.hash.startsWith("#r-") && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) { search.value = ""; kind.value = ""; only(null); }
    target.open = true;
    select(target);
    target.scrollIntoView({ block: "center" });
  }

  const dark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const name = () => { one("#theme").textContent = dark() ? "Light" : "Dark"; };

  search.addEventListener("input", filter);
  kind.addEventListener("change", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  for (const it of resources) it.querySelector("summary").addEventListener("focus", () => select(it));
  one("#filters").addEventListener("submit", (event) => event.preventDefault());
  one("#open").addEventListener("click", () => fold(true));
  one("#close").addEventListener("click", () => fold(false));
  one("#keys").addEventListener("click", help);
  one("#theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  addEventListener("hashchange", follow);
  // A link to where one already is changes no hash.
  document.addEventListener("click", (event) => { if (event.target.closest("a[href^='#r-']")) setTimeout(follow); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select")) {
      if (event.key === "Escape") { event.target.value = ""; event.target.blur(); filter(); }
      return;
    }
    const chip = chips.find((it) => it.dataset.key === event.key);
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "o" && at >= 0) resources[at].open = !resources[at].open;
    else if (event.key === "e") fold(true);
    else if (event.key === "c") fold(false);
    else if (event.key === "?") help();
    else if (event.key === "0") only(null);
    else if (chip && !chip.disabled) only(chip.dataset.risk);
  });
  // On paper nothing can be unfolded: what to know stands there whole.
  addEventListener("beforeprint", () => document.querySelectorAll(".group").forEach((it) => { it.open = true; }));
  name();
  filter();
  follow();
})();
