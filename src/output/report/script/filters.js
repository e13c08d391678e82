// Which flows the table shows: words, a label, a verdict, or those that something else in the page points to.

const filters = { words: [], label: "", verdict: "", only: null };
const controls = {};

/** Asks of a text whether it has a word in it; a whole IPv4 address is no part of a longer one. */
function searchFor(word) {
  if (!/^\d+(\.\d+){3}$/.test(word)) return (text) => text.includes(word);
  const whole = new RegExp(`(^|[^\\d.])${word.replaceAll(".", "\\.")}(?!\\.?\\d)`);
  return (text) => whole.test(text);
}

/** All that is known about a flow in one text, made when it is first searched. */
const searchable = [];
function searchText(place) {
  searchable[place] ??= (() => {
    const row = rows[place];
    const reasons = reasonsOf(row).map(({ rule, detail }) => `${rule} ${detail}`);
    const attributes = attributesOf(row).map(([name, value]) => `${name}=${value}`);
    const promises = promisesOf(row).map(({ name }) => name);
    const names = ["proto", "app_proto", "verdict", "confidence", "end_reason", "direction", "file"].map((name) => textOf(row, name) ?? "");
    const ids = [field(row, "flow_id"), field(row, "community_id")];
    return [endpointText(row, "src"), endpointText(row, "dst"), labelOf(row), ...names, ...ids, ...promises, ...reasons, ...attributes].join("\n").toLowerCase();
  })();
  return searchable[place];
}

/** Makes the texts ahead of the first search, while the page has nothing else to do. */
function prepareSearch(place) {
  const until = performance.now() + 12;
  while (place < rows.length && performance.now() < until) {
    searchText(place);
    place += 1;
  }
  if (place < rows.length) setTimeout(prepareSearch, 4, place);
}

function applyFilters() {
  const { words, label, verdict, only } = filters;
  const searches = words.map(searchFor);
  const kept = [];
  let bytes = 0;
  for (let place = 0; place < rows.length; place += 1) {
    const row = rows[place];
    if (label && groupOf(row) !== label) continue;
    if (verdict && textOf(row, "verdict") !== verdict) continue;
    if (only && !only.fits(row)) continue;
    if (searches.length > 0 && !searches.every((fits) => fits(searchText(place)))) continue;
    kept.push(place);
    bytes += field(row, "bytes_fwd") + field(row, "bytes_rev");
  }
  showRows(Uint32Array.from(kept));
  const of = kept.length === rows.length ? "" : `${counted.format(kept.length)} of `;
  controls.count.textContent = `${of}${countText(rows.length, "flow")}, ${bytesText(bytes)}`;
  controls.nothing.hidden = kept.length > 0;
  controls.clear.hidden = !(words.length > 0 || label || verdict || only);
  controls.only.hidden = only === null;
  controls.only.textContent = only === null ? "" : `Only ${only.what} ✕`;
}

/** Names with how many flows have them, the most first. */
function options(of) {
  const counts = new Map();
  for (const row of rows) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function choice(title, all, list, changed) {
  const select = element("select", "", new Option(all, ""));
  for (const [name, number] of list) select.append(new Option(`${name} (${counted.format(number)})`, name));
  select.addEventListener("change", () => changed(select.value));
  return [select, element("label", "", title, select)];
}

function buildControls() {
  const search = element("input", "");
  search.type = "search";
  search.placeholder = "words: address, port, label, name, rule …";
  search.autocomplete = "off";
  search.spellcheck = false;
  search.addEventListener("focus", () => prepareSearch(0), { once: true });
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      filters.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      applyFilters();
    }, 150);
  });
  const [label, labelled] = choice("Label", "all", options(groupOf), (value) => {
    filters.label = value;
    applyFilters();
  });
  const [verdict, verdicts] = choice("Verdict", "all", options((row) => textOf(row, "verdict")), (value) => {
    filters.verdict = value;
    applyFilters();
  });
  // Where there is no room for headings to press.
  const sort = element("select", "");
  for (const column of flowColumns) {
    sort.append(new Option(`${column.title} ▲`, `${column.id} up`), new Option(`${column.title} ▼`, `${column.id} down`));
  }
  sort.addEventListener("change", () => {
    const [id, way] = sort.value.split(" ");
    sortBy(flowColumns.find((column) => column.id === id), way === "down");
  });
  const sorted = element("label", "sort", "Sorted by", sort);
  const clear = button("Show all", "", clearFilters);
  const only = button("", "", () => pointTo(null));
  Object.assign(controls, { search, label, verdict, sort, clear, only });
  controls.count = element("p", "count");
  controls.count.setAttribute("aria-live", "polite");
  controls.nothing = element("p", "nothing", "No flow fits.");
  const found = element("label", "grow", "Search: every word must be somewhere in the flow", search);
  return element("div", "", element("div", "controls", found, labelled, verdicts, sorted, only, clear), controls.count);
}

function sortChanged() {
  controls.sort.value = `${flowTable.column.id} ${flowTable.descending ? "down" : "up"}`;
}

function clearFilters() {
  Object.assign(filters, { words: [], label: "", verdict: "", only: null });
  controls.search.value = controls.label.value = controls.verdict.value = "";
  applyFilters();
  controls.search.focus();
}

/** Shows only what something else in the page points to. */
function pointTo(only) {
  filters.only = only;
  applyFilters();
  if (only) document.getElementById("flows").scrollIntoView();
  (only ? flowTable.viewport : controls.search).focus({ preventScroll: true });
}

/** Makes labels, pairs of hosts and findings lead to their flows. */
function offerFiltering() {
  for (const place of document.querySelectorAll("[data-label]")) {
    const { label } = place.dataset;
    place.replaceChildren(
      button(label, "link", () => {
        filters.label = controls.label.value = label;
        pointTo(null);
        document.getElementById("flows").scrollIntoView();
      }),
    );
  }
  for (const place of document.querySelectorAll("[data-hosts]")) {
    const hosts = place.dataset.hosts.split(" ");
    const fits = (row) => {
      const ends = [textOf(row, "src_ip"), textOf(row, "dst_ip")];
      return (ends[0] === hosts[0] && ends[1] === hosts[1]) || (ends[0] === hosts[1] && ends[1] === hosts[0]);
    };
    place.replaceChildren(button(place.textContent, "link", () => pointTo({ what: place.textContent, fits })));
  }
  for (const press of document.querySelectorAll(".show-flows")) {
    const ids = new Set(press.dataset.flows.split(" "));
    press.addEventListener("click", () => pointTo({ what: `flows of: ${press.dataset.what}`, fits: (row) => ids.has(field(row, "flow_id")) }));
    press.parentElement.hidden = false;
  }
}

function startFlows() {
  if (rows.length === 0) return;
  const place = document.getElementById("flow-table");
  place.append(buildControls(), buildTable(), controls.nothing);
  place.hidden = false;
  document.getElementById("flow-list").hidden = true;
  applyFilters();
  sortChanged();
  offerFiltering();
  // Where the window becomes as narrow as a phone, rows are of another height.
  matchMedia("(max-width: 720px)").addEventListener("change", drawRows);
  addEventListener("resize", () => requestAnimationFrame(drawRows));
}

