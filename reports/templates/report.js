/* Only adds: every fact is on the page without it. */
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const make = (tag, text, props) => Object.assign(document.createElement(tag), { textContent: text }, props);
  const store = (value) => { try { localStorage.setItem("edgebench-theme", value); } catch { /* file:// */ } };
  const recall = () => { try { return localStorage.getItem("edgebench-theme"); } catch { return null; } };

  /* Theme: what the system says, until the reader says otherwise. */
  const theme = make("button", "", { type: "button" });
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const setTheme = (value) => {
    if (value === "dark" || value === "light") root.dataset.theme = value;
    theme.textContent = isDark() ? "light theme" : "dark theme";
  };
  theme.onclick = () => { const next = isDark() ? "light" : "dark"; setTheme(next); store(next); };
  setTheme(recall());
  document.querySelector(".top").append(theme);

  /* Chips: model, recipe, device, metric and status; one of each kind, kept in the address as #f=model:x,... */
  const rows = all(".hits tbody tr").map((row) => {
    const text = (name) => row.querySelector(`[data-l=${name}]`)?.textContent.trim() ?? "";
    const status = row.className === "regressed" || row.className === "warned" ? "warning" : "failing";
    return { row, model: [row.dataset.m], recipe: [row.cells[0].textContent.trim().slice(2)],
      device: text("device").split(", "), metric: [text("metric")], status: [status] };
  });
  const kinds = ["model", "recipe", "device", "metric", "status"];
  const chosen = {};
  const place = document.getElementById("filters");
  const shown = make("small", "", {});
  shown.setAttribute("role", "status");
  const apply = () => {
    let left = 0;
    for (const one of rows) {
      const fits = kinds.every((kind) => !(kind in chosen) || one[kind].includes(chosen[kind]));
      one.row.hidden = !fits;
      left += fits ? 1 : 0;
    }
    for (const group of all(".group")) {
      for (const head of all("h4[id]", group)) head.hidden = head.nextElementSibling.hidden = !head.nextElementSibling.querySelector("tbody tr:not([hidden])");
    }
    const any = Object.keys(chosen).length;
    shown.textContent = any ? `${left} of ${rows.length} rows` : "";
    for (const chip of all("button", place)) chip.setAttribute("aria-pressed", chosen[chip.dataset.kind] === chip.dataset.value);
  };
  const follow = () => {
    if (!location.hash.startsWith("#f=")) return;
    for (const kind of kinds) delete chosen[kind];
    for (const part of location.hash.slice(3).split(",")) {
      const [kind, value] = part.split(":").map((text) => { try { return decodeURIComponent(text); } catch { return ""; } });
      if (kinds.includes(kind) && value) chosen[kind] = value;
    }
    apply();
    place.scrollIntoView();
  };
  for (const kind of kinds) {
    const values = [...new Set(rows.flatMap((one) => one[kind]))].filter(Boolean);
    if (values.length < 2) continue;
    place.append(make("em", kind));
    for (const value of values.slice(0, 24)) {
      const chip = make("button", value, { type: "button" });
      Object.assign(chip.dataset, { kind, value });
      chip.onclick = () => {
        if (chosen[kind] === value) delete chosen[kind]; else chosen[kind] = value;
        const parts = Object.entries(chosen).map(([name, text]) => `${name}:${encodeURIComponent(text)}`);
        history.replaceState(null, "", parts.length ? "#f=" + parts.join(",") : location.pathname + location.search);
        apply();
      };
      place.append(chip);
    }
  }
  place.append(shown);
  apply();
  addEventListener("hashchange", follow);
  follow();

  /* Sort by any column: tables of devices and hits, and the list of cases. */
  const order = (items, key, down) => items.map((item) => [key(item), item]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
  const value = (text) => { const number = parseFloat(text.replaceAll(",", "").replace(/^[^\d+-]+/, "")); return Number.isNaN(number) ? -Infinity : number; };
  const sortable = (head, heads, number, take, put) => {
    const button = make("button", head.textContent, { type: "button" });
    head.replaceChildren(button);
    button.onclick = () => {
      const down = head.getAttribute("aria-sort") !== "descending" && number || head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      put(order(take(), (item) => key(item), down).map(([, item]) => item));
    };
    let key;
    return (found) => { key = found; };
  };
  for (const table of all(".devices, .hits")) {
    const heads = all("thead tr:last-child th", table);
    heads.forEach((head, column) => {
      const number = column > 0 && !table.classList.contains("hits") || head.classList.contains("n");
      const read = (row) => number ? value(row.cells[column].textContent) : row.cells[column].textContent;
      sortable(head, heads, number, () => [...table.tBodies[0].rows], (sorted) => table.tBodies[0].append(...sorted))(read);
    });
  }
  const list = document.querySelector(".list");
  if (list) {
    const heads = all(".heads span", list);
    heads.forEach((head, column) => {
      if (!head.textContent) return;
      const number = head.classList.contains("n");
      head.setAttribute("role", "columnheader");
      const read = (item) => { const text = item.firstElementChild.children[column].textContent; return number ? value(text) : text; };
      sortable(head, heads, number, () => all(":scope > details", list), (sorted) => list.append(...sorted))(read);
      head.removeAttribute("role");
    });
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
