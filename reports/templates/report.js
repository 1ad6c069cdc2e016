/* Only adds: every fact is on the page without it. */
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const make = (tag, text, props) => Object.assign(document.createElement(tag), { textContent: text }, props);
  const remember = (value) => { try { localStorage.setItem("edgebench-theme", value); } catch { /* file:// */ } };
  const recall = () => { try { return localStorage.getItem("edgebench-theme"); } catch { return null; } };

  /* Theme: what the system says, until the reader says otherwise. */
  const theme = make("button", "", { type: "button" });
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const setTheme = (value) => {
    if (value === "dark" || value === "light") root.dataset.theme = value;
    theme.textContent = isDark() ? "light theme" : "dark theme";
  };
  theme.onclick = () => { const next = isDark() ? "light" : "dark"; setTheme(next); remember(next); };
  setTheme(recall());
  document.querySelector(".top").append(theme);

  /* Filter: words that must all occur in a case's name or status; kept in the address as #q=... */
  const targets = [
    ...all(".failures tbody tr, .all tbody tr").map((e) => [e, e.cells[0].textContent + " " + e.className + " " + (e.cells[1]?.textContent ?? ""), "hidden"]),
    ...all(".card").map((e) => [e, e.querySelector("summary").textContent + " " + e.className, "hidden"]),
    ...all(".matrix td a").map((e) => [e.parentNode, decodeURIComponent(e.hash) + " " + (e.parentNode.className || "pass"), "dim"]),
  ].map(([element, text, how]) => ({ element, text: text.toLowerCase(), how }));
  const bar = make("div", "", { className: "filter" });
  const box = make("input", "", { type: "search", placeholder: "filter: name, profile, status …", spellcheck: false });
  box.setAttribute("aria-label", "Filter cases by name or status");
  const shown = make("small", "");
  shown.setAttribute("role", "status");
  bar.append(box, shown);
  document.querySelector("main").prepend(bar);
  const apply = (query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const { element, text, how } of targets) {
      const fits = words.every((word) => text.includes(word));
      if (how === "dim") element.classList.toggle("dim", !fits);
      else element.hidden = !fits;
      if (fits && element.closest(".all")) left += 1;
    }
    shown.textContent = words.length ? `${left} of ${all(".all tbody tr").length} cases` : "";
    for (const tile of all(".tile")) tile.toggleAttribute("aria-current", tile.dataset.q === query && query !== "");
  };
  const filter = (query) => {
    box.value = query;
    history.replaceState(null, "", query ? "#q=" + encodeURIComponent(query) : location.pathname + location.search);
    apply(query);
  };
  const follow = () => {
    if (!location.hash.startsWith("#q=")) return;
    try { box.value = decodeURIComponent(location.hash.slice(3)); } catch { return; }
    apply(box.value);
  };
  box.oninput = () => filter(box.value);
  addEventListener("hashchange", follow);
  follow();
  for (const tile of all(".tile")) {
    tile.onclick = (event) => {
      event.preventDefault();
      filter(box.value === tile.dataset.q ? "" : tile.dataset.q);
      document.querySelector(tile.getAttribute("href"))?.scrollIntoView();
    };
  }

  /* Sort the table of all cases by any column. */
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.v ?? (cell.firstChild?.textContent ?? "").trim();
    const number = parseFloat(text.replaceAll(",", ""));
    return column > 1 ? (Number.isNaN(number) ? -Infinity : number) : cell.textContent;
  };
  for (const head of all(".all thead th")) {
    const column = [...head.parentNode.cells].slice(0, head.cellIndex).reduce((sum, cell) => sum + cell.colSpan, 0);
    const button = make("button", head.textContent, { type: "button" });
    head.replaceChildren(button);
    button.onclick = () => {
      const down = head.getAttribute("aria-sort") !== "descending" && head.cellIndex > 1 || head.getAttribute("aria-sort") === "ascending";
      for (const other of all("th", head.parentNode)) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = head.closest("table").tBodies[0];
      const rows = [...body.rows].map((row) => [value(row, column), row]);
      rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
      body.append(...rows.map(([, row]) => row));
    };
  }

  /* Copy a command. */
  if (navigator.clipboard) {
    for (const code of all("code.cmd")) {
      const text = code.textContent;
      const button = make("button", "copy", { type: "button" });
      button.setAttribute("aria-label", "Copy the command");
      button.onclick = () => navigator.clipboard.writeText(text).then(() => { button.textContent = "copied"; });
      code.append(button);
    }
  }

  /* Print everything, then fold again what was folded. */
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); for (const e of folded) e.open = true; });
  addEventListener("afterprint", () => { for (const e of folded) e.open = false; });
})();
