// What a page can do beyond being read: theme, search and keys. Without it nothing is lost but these.
(() => {
  "use strict";
  const html = document.documentElement;
  const root = document.currentScript.dataset.root;
  const THEME = "aac-theme";

  // A folder may be opened where nothing can be stored: then a choice lasts as long as the page.
  const stored = () => { try { return localStorage.getItem(THEME); } catch { return null; } };
  const store = (theme) => { try { localStorage.setItem(THEME, theme); } catch { /* it lasts as long as the page */ } };
  if (stored()) html.dataset.theme = stored();

  function toggleTheme() {
    const prefers = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    html.dataset.theme = (html.dataset.theme || prefers) === "dark" ? "light" : "dark";
    store(html.dataset.theme);
  }

  const load = (path) => new Promise((done, broken) => {
    const script = document.createElement("script");
    script.src = root + path;
    script.onload = done;
    script.onerror = broken;
    document.head.append(script);
  });

  let searching = null;
  const index = () => searching ??= Promise.all([load("minisearch.js"), load("search.js")]).then(() => {
    const found = new MiniSearch({
      fields: ["name", "also", "about"],
      storeFields: ["name", "kind", "about", "href", "weight", "exact"],
      searchOptions: {
        boost: { name: 4, also: 3 },
        prefix: true,
        fuzzy: (word) => (word.length > 4 ? 0.2 : false),
        boostDocument: (id, word, page) => page.weight,
      },
    });
    found.addAll(window.aacIndex);
    return found;
  });

  function dialog(label) {
    const made = document.createElement("dialog");
    made.setAttribute("aria-label", label);
    made.addEventListener("close", () => made.remove());
    made.addEventListener("click", (event) => { if (event.target === made) made.close(); });
    document.body.append(made);
    return made;
  }

  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  async function search() {
    if (document.querySelector("dialog[open]")) return;
    const box = dialog("Search");
    const input = element("input", "", { type: "search", "aria-label": "Search", placeholder: "A word, a number, a team …" });
    const told = element("p", "", { "aria-live": "polite", class: "aside" });
    const list = document.createElement("ol");
    box.append(input, told, list);
    box.showModal();
    input.focus();
    const found = await index();
    const show = () => {
      const words = input.value.trim().toLowerCase();
      const isMeant = (hit) => hit.exact.includes(words);  // what is called just so goes first
      const all = words ? found.search(words) : [];
      const hits = [...all.filter(isMeant), ...all.filter((hit) => !isMeant(hit))].slice(0, 12);
      const n = all.length;
      told.textContent = !words ? "" : n > hits.length ? `The first ${hits.length} of ${n} pages` : `${n || "No"} page${n === 1 ? "" : "s"}`;
      list.replaceChildren(...hits.map((hit) => {
        const item = document.createElement("li");
        item.append(element("a", hit.name, { href: root + hit.href }), " ", element("span", hit.kind, { class: "mark" }));
        if (hit.about) item.append(element("span", hit.about, { class: "aside" }));
        return item;
      }));
    };
    input.addEventListener("input", show);
    box.addEventListener("keydown", (event) => {
      const links = [input, ...list.querySelectorAll("a")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" && document.activeElement === input) links[1]?.click();
      if (!step) return;
      event.preventDefault();
      links[Math.min(links.length - 1, Math.max(0, links.indexOf(document.activeElement) + step))].focus();
    });
    show();
  }

  // The pages in the order of the menu: from one of them to the next.
  function turn(step) {
    const pages = [...document.querySelectorAll(".masthead a[href]")];
    const here = pages.findIndex((link) => link.hasAttribute("aria-current"));
    const next = pages[Math.max(here, 0) + step];
    if (next) next.click();
  }

  const KEYS = [
    ["/", "s", "f", "search"], ["n", "the next page of the menu"], ["p", "the page before"],
    ["g", "a", "the agendas: first g, then a"], ["d", "dark or light"], ["?", "these keys"],
  ];
  function keys() {
    if (document.querySelector("dialog[open]")) return;
    const box = dialog("Keys");
    const list = document.createElement("dl");
    for (const row of KEYS) {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      for (const key of row.slice(0, -1)) term.append(element("kbd", key), " ");
      line.append(term, element("dd", row.at(-1)));
      list.append(line);
    }
    const close = element("button", "Close", { type: "button" });
    close.addEventListener("click", () => box.close());
    box.append(list, close);
    box.showModal();
  }

  const does = { search, theme: toggleTheme, keys };
  const pressed = {
    "/": search, s: search, f: search, n: () => turn(1), p: () => turn(-1), d: toggleTheme, "?": keys,
  };
  // `g`, and soon after it `a`: where the agendas are.
  let since = -Infinity;
  const toAgendas = () => document.querySelector('.masthead a[href$="meetings.html"]')?.click();
  const SOON = 1500;

  addEventListener("keydown", (event) => {
    const writes = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
    const second = event.timeStamp - since < SOON;
    since = event.key === "g" ? event.timeStamp : -Infinity;
    const done = second && event.key === "a" ? toAgendas : pressed[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  });
  addEventListener("DOMContentLoaded", () => {
    document.querySelector(".tools").hidden = false;
    for (const button of document.querySelectorAll("[data-does]")) button.addEventListener("click", does[button.dataset.does]);
  });
  addEventListener("beforeprint", () => { for (const folded of document.querySelectorAll("details")) folded.open = true; });
})();
