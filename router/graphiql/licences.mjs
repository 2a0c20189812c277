// Collects the licence notices of everything that ends up in the bundle, and refuses what may not be in it.

import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

/** Licences that allow shipping a package inside a program under MIT or Apache-2.0. */
const ALLOWED = new Set(["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD"]);

/** The folder of the package that a bundled file belongs to, or `null` for our own files. */
function packageFolder(root, input) {
  const parts = input.split("/");
  const last = parts.lastIndexOf("node_modules");
  if (last === -1) {
    return null;
  }
  const depth = parts[last + 1].startsWith("@") ? 3 : 2;
  return path.join(root, ...parts.slice(0, last + depth));
}

async function notice(folder) {
  const manifest = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const name = `${manifest.name} ${manifest.version}`;
  if (!ALLOWED.has(manifest.license)) {
    throw new Error(`${name} has the licence ${manifest.license}, which is not in the list of allowed ones`);
  }
  const file = (await readdir(folder)).filter((entry) => /^(licen[cs]e|copying)/i.test(entry)).sort()[0];
  // Some packages name their licence in package.json only.
  const text = file ? await readFile(path.join(folder, file), "utf8") : `Licence: ${manifest.license}`;
  return `${name} (${manifest.license})\n\n${text.replaceAll("\r\n", "\n").trim()}\n`;
}

/** One text with the notices of all packages that the bundled `inputs` come from, sorted by folder. */
export async function licenceTexts(root, inputs) {
  const folders = new Set(inputs.map((input) => packageFolder(root, input)).filter(Boolean));
  const notices = [];
  for (const folder of [...folders].sort()) {
    if (!existsSync(path.join(folder, "package.json"))) {
      throw new Error(`${folder} holds bundled code but no package.json`);
    }
    notices.push(await notice(folder));
  }
  const rule = `\n${"-".repeat(80)}\n\n`;
  return `The page at /graphiql contains these packages.\n${rule}${notices.join(rule)}`;
}
