// Builds the page the router serves at /graphiql into ../assets/graphiql. The result is committed, so cargo needs no
// Node; `--check` builds in memory and fails when the committed files differ.

import { readFile, readdir, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { licenceTexts } from "./licences.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = path.join(here, "..", "assets", "graphiql");

/** Takes the embedded fonts out of GraphiQL's style sheet; src/style.css names the machine's own instead. */
const withoutFonts = {
  name: "without-fonts",
  setup({ onLoad }) {
    onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, async ({ path: file }) => {
      const contents = await readFile(file, "utf8");
      return { contents: contents.replaceAll(/@font-face\s*\{[^}]*\}/g, ""), loader: "css" };
    });
  },
};

/** The built files by name. */
async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { graphiql: "src/main.jsx" },
    outdir: target,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    jsx: "automatic",
    charset: "utf8",
    // The notices of all packages stand together in LICENSES.txt.
    legalComments: "none",
    loader: { ".graphql": "text" },
    define: { "process.env.NODE_ENV": '"production"', "process.env.USE_IMPORT": '"true"' },
    plugins: [withoutFonts],
    logLevel: "warning",
  });
  const files = new Map(result.outputFiles.map((file) => [path.basename(file.path), file.text]));
  files.set("index.html", await readFile(path.join(here, "src", "index.html"), "utf8"));
  files.set("LICENSES.txt", await licenceTexts(here, Object.keys(result.metafile.inputs)));
  return files;
}

async function check(files) {
  const committed = new Set(await readdir(target));
  const stale = [...committed].filter((name) => !files.has(name));
  for (const [name, text] of files) {
    if (!committed.has(name) || (await readFile(path.join(target, name), "utf8")) !== text) {
      stale.push(name);
    }
  }
  if (stale.length > 0) {
    console.error(`router/assets/graphiql is not what router/graphiql builds: ${stale.sort().join(", ")}`);
    console.error("Run `npm ci && npm run build` in router/graphiql and commit the result.");
    process.exitCode = 1;
  }
}

async function write(files) {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const [name, text] of files) {
    await writeFile(path.join(target, name), text);
    console.log(`${name.padEnd(14)} ${(Buffer.byteLength(text) / 1024).toFixed(0).padStart(6)} KiB`);
  }
}

const files = await bundle();
await (process.argv.includes("--check") ? check(files) : write(files));
