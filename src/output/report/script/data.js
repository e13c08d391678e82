// What the page carries: the rows of flows, and how their fields are read.
"use strict";

const load = (id) => JSON.parse(document.getElementById(id).textContent);
const flowData = load("flow-data");
const { rows, texts } = flowData;
const columnPlace = Object.fromEntries(flowData.columns.map((name, place) => [name, place]));

/** A field as it stands in the row. */
const field = (row, name) => row[columnPlace[name]];

/** A field of which the row has the place among the texts; null where it is not known. */
const textOf = (row, name) => {
  const place = field(row, name);
  return place === null ? null : texts[place];
};

/** A list of objects that the row has as one list of their parts. */
const objectsOf = (row, name, parts) => {
  const list = field(row, name);
  const objects = [];
  for (let at = 0; at < list.length; at += parts.length) {
    objects.push(Object.fromEntries(parts.map((part, place) => [part, list[at + place]])));
  }
  return objects;
};

const promisesOf = (row) =>
  objectsOf(row, "port_claim", ["name", "basis"]).map((claim) => ({ name: texts[claim.name], basis: texts[claim.basis] }));

const reasonsOf = (row) =>
  objectsOf(row, "why", ["kind", "rule", "detail", "frame", "file", "side"]).map((reason) => ({
    kind: texts[reason.kind],
    rule: texts[reason.rule],
    detail: texts[reason.detail],
    frame: reason.frame,
    file: reason.file === null ? null : texts[reason.file],
    side: reason.side === null ? null : texts[reason.side],
  }));

/** Pairs of a name and a value as text. */
const attributesOf = (row) =>
  objectsOf(row, "attributes", ["name", "value"]).map(({ name, value }) => {
    if (typeof value === "number") return [texts[name], texts[value]];
    const [other] = value;
    return [texts[name], Array.isArray(other) ? other.join(", ") : String(other)];
  });

/** The label, or for want of one the transport in brackets, as in the table of protocols. */
const groupOf = (row) => textOf(row, "app_proto") ?? `(${textOf(row, "proto")})`;

/** The label as the table shows it: what it is not, where that is all that is certain. */
const labelOf = (row) => {
  const label = textOf(row, "app_proto");
  if (label !== null) return label;
  const [promise] = promisesOf(row);
  return textOf(row, "verdict") === "contradicted" && promise ? `not ${promise.name}` : "-";
};

