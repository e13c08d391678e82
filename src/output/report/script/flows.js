// The flow table: only the rows in sight are in the document, so that a hundred thousand of them scroll as ten do.

/** Rows built beyond both edges of what is in sight. */
const OVERSCAN = 12;
/** Most rows put on paper. */
const PRINTED = 500;

const flowTable = {
  /** Places of rows, filtered and in order. */
  view: Uint32Array.from(rows.keys()),
  column: flowColumns[0],
  descending: false,
  /** Unfolded rows by place, and the height of what is unfolded. */
  open: new Map(),
  /** The position in the view where the keyboard is. */
  active: 0,
  rowHeight: 32,
  printing: false,
  built: new Map(),
};

function buildTable() {
  const heads = flowColumns.map((column) => {
    const cell = element("th", `c-${column.id}${column.number ? " number" : ""}`, button(column.title, "", () => sortBy(column)));
    cell.scope = "col";
    return cell;
  });
  flowTable.heads = heads;
  flowTable.top = element("tr", "spacer", element("td", ""));
  flowTable.bottom = element("tr", "spacer", element("td", ""));
  for (const spacer of [flowTable.top, flowTable.bottom]) {
    spacer.setAttribute("role", "presentation");
    spacer.firstChild.colSpan = flowColumns.length;
  }
  flowTable.body = element("tbody", "", flowTable.top, flowTable.bottom);
  flowTable.table = element("table", "flows", element("thead", "", element("tr", "", ...heads)), flowTable.body);
  setRoles(flowTable.table, { role: "treegrid", "aria-labelledby": "flows-title" });
  setRoles(flowTable.body, { role: "rowgroup" });
  heads.forEach((head) => setRoles(head, { role: "columnheader" }));
  flowTable.viewport = element("div", "viewport", flowTable.table);
  setRoles(flowTable.viewport, { role: "group", tabindex: "0", "aria-label": "Flows: arrow keys move, Enter unfolds" });
  flowTable.viewport.addEventListener("scroll", () => requestAnimationFrame(drawRows), { passive: true });
  flowTable.viewport.addEventListener("keydown", steer);
  flowTable.body.addEventListener("click", (event) => {
    const line = event.target.closest("tr.flow");
    if (line && getSelection().isCollapsed) toggle(Number(line.dataset.position));
  });
  return flowTable.viewport;
}

function setRoles(made, roles) {
  for (const [name, value] of Object.entries(roles)) made.setAttribute(name, value);
}

/** Shows other rows, or the same in another order. */
function showRows(places) {
  flowTable.view = sortRows(places, flowTable.column, flowTable.descending);
  flowTable.active = 0;
  flowTable.viewport.scrollTop = 0;
  flowTable.heads.forEach((head, place) => {
    const sorted = flowColumns[place] === flowTable.column;
    head.setAttribute("aria-sort", sorted ? (flowTable.descending ? "descending" : "ascending") : "none");
  });
  flowTable.table.setAttribute("aria-rowcount", String(places.length + 1));
  flowTable.built.clear();
  drawRows();
}

/** Sorts by a column; what is sorted by it already is turned round. Numbers begin with the largest. */
function sortBy(column, descending) {
  const turned = flowTable.column === column ? !flowTable.descending : Boolean(column.number) && column.id !== "begin";
  flowTable.descending = descending ?? turned;
  flowTable.column = column;
  showRows(flowTable.view);
  sortChanged();
  announce(`Sorted by ${column.title}, ${flowTable.descending ? "descending" : "ascending"}`);
}

/** Positions of unfolded rows in the view, in order, with their heights. */
function unfolded() {
  if (flowTable.open.size === 0) return [];
  const list = [];
  flowTable.view.forEach((place, position) => {
    if (flowTable.open.has(place)) list.push([position, flowTable.open.get(place)]);
  });
  return list;
}

/** How far down a position is, in pixels. */
function offsetOf(position, list) {
  return list.reduce((sum, [at, height]) => sum + (at < position ? height : 0), position * flowTable.rowHeight);
}

/** The position at so many pixels. */
function positionAt(pixels, list) {
  let above = 0;
  for (const [at, height] of list) {
    const below = (at + 1) * flowTable.rowHeight + above;
    if (pixels < below) break;
    if (pixels < below + height) return at;
    above += height;
  }
  return Math.floor((pixels - above) / flowTable.rowHeight);
}

function drawRows() {
  const { view, viewport, body, built } = flowTable;
  const list = unfolded();
  let [from, to] = [0, Math.min(view.length, PRINTED)];
  if (!flowTable.printing) {
    from = Math.max(0, positionAt(viewport.scrollTop, list) - OVERSCAN);
    to = Math.min(view.length, positionAt(viewport.scrollTop + viewport.clientHeight, list) + OVERSCAN);
  }
  from = Math.min(from, Math.max(0, view.length - 1));
  const wanted = [];
  for (let position = from; position < to; position += 1) {
    const place = view[position];
    if (!built.has(position)) built.set(position, { line: flowLine(position), detail: null });
    const entry = built.get(position);
    const isOpen = flowTable.open.has(place);
    entry.line.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) entry.detail = null;
    else entry.detail ??= detailLine(place, position);
    wanted.push(entry.line);
    if (entry.detail) wanted.push(entry.detail);
  }
  for (const position of [...built.keys()]) if (position < from || position >= to) built.delete(position);
  keepFocus(wanted);
  const [top, whole] = [offsetOf(from, list), offsetOf(view.length, list)];
  flowTable.top.firstChild.style.height = `${flowTable.printing ? 0 : top}px`;
  let next = flowTable.top.nextSibling;
  for (const line of wanted) {
    if (line === next) next = next.nextSibling;
    else body.insertBefore(line, next);
  }
  while (next !== flowTable.bottom) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
  const below = Math.max(0, whole - offsetOf(to, list));
  flowTable.bottom.firstChild.style.height = `${flowTable.printing ? 0 : below}px`;
  measure();
}

/** Where the row that has the keyboard goes out of sight, its table keeps it. */
function keepFocus(wanted) {
  const line = document.activeElement?.closest?.("tr.flow, tr.detail");
  if (line && flowTable.body.contains(line) && !wanted.includes(line)) flowTable.viewport.focus({ preventScroll: true });
}

/** Learns the true heights from what is drawn, and draws again where they were others. */
function measure() {
  if (flowTable.printing) return;
  let changed = false;
  for (const [position, { line, detail }] of flowTable.built) {
    const height = line.getBoundingClientRect().height;
    if (height > 0 && Math.abs(height - flowTable.rowHeight) > 0.01) {
      flowTable.rowHeight = height;
      changed = true;
    }
    const place = flowTable.view[position];
    if (detail && Math.abs(detail.getBoundingClientRect().height - flowTable.open.get(place)) > 0.5) {
      flowTable.open.set(place, detail.getBoundingClientRect().height);
      changed = true;
    }
  }
  if (changed && !flowTable.measuring) {
    flowTable.measuring = true;
    drawRows();
    flowTable.measuring = false;
  }
}

function flowLine(position) {
  const row = rows[flowTable.view[position]];
  const cells = flowColumns.map((column) => {
    const shown = column.show(row);
    const verdict = column.id === "verdict" ? element("span", `v v-${shown}`, shown) : shown;
    const cell = element("td", `c-${column.id}${column.number ? " number" : ""}`, verdict);
    cell.setAttribute("role", "gridcell");
    if (shown.length > 20) cell.title = shown;
    return cell;
  });
  const line = element("tr", "flow", ...cells);
  line.dataset.position = String(position);
  setRoles(line, { role: "row", tabindex: "-1", "aria-rowindex": String(position + 2), "aria-level": "1" });
  return line;
}

function detailLine(place, position) {
  const cell = element("td", "", flowDetails(rows[place]));
  cell.colSpan = flowColumns.length;
  cell.setAttribute("role", "gridcell");
  const line = element("tr", "detail", cell);
  setRoles(line, { role: "row", "aria-rowindex": String(position + 2), "aria-level": "2" });
  return line;
}

/** Unfolds a flow, or folds it. */
function toggle(position, wanted) {
  const place = flowTable.view[position];
  if (place === undefined || wanted === flowTable.open.has(place)) return;
  if (flowTable.open.has(place)) flowTable.open.delete(place);
  else flowTable.open.set(place, 300);
  flowTable.active = position;
  drawRows();
  flowTable.built.get(position)?.line.focus({ preventScroll: true });
}

/** Moves the keyboard to a row, and the row into sight. */
function moveTo(position) {
  const list = unfolded();
  flowTable.active = Math.max(0, Math.min(flowTable.view.length - 1, position));
  const { viewport, rowHeight } = flowTable;
  const head = flowTable.heads[0].offsetHeight;
  const top = offsetOf(flowTable.active, list);
  if (top < viewport.scrollTop) viewport.scrollTop = top;
  else if (top + rowHeight + head > viewport.scrollTop + viewport.clientHeight) {
    viewport.scrollTop = top + rowHeight + head - viewport.clientHeight;
  }
  drawRows();
  flowTable.built.get(flowTable.active)?.line.focus({ preventScroll: true });
}

function steer(event) {
  if (event.target.closest("button, a, thead") || event.ctrlKey || event.altKey || event.metaKey) return;
  const page = Math.max(1, Math.floor(flowTable.viewport.clientHeight / flowTable.rowHeight) - 2);
  const { active, view } = flowTable;
  const onRow = event.target.closest("tr.flow") !== null;
  const steps = {
    ArrowDown: () => moveTo(onRow ? active + 1 : active),
    ArrowUp: () => moveTo(active - 1),
    PageDown: () => moveTo(active + page),
    PageUp: () => moveTo(active - page),
    Home: () => moveTo(0),
    End: () => moveTo(view.length - 1),
    ArrowRight: () => toggle(active, true),
    ArrowLeft: () => toggle(active, false),
    Enter: () => toggle(active),
    " ": () => toggle(active),
  };
  if (!Object.hasOwn(steps, event.key)) return;
  event.preventDefault();
  steps[event.key]();
}

