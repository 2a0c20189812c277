// Composes the subgraphs' schemas (<name>.graphql, as the program exports them) into supergraph.graphql, which the
// router plans its queries from. `--check` writes nothing and fails when the committed supergraph is not the composed one.

import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { composeServices, compositionHasErrors, sortSDL } from "@theguild/federation-composition";
import { buildASTSchema, GraphQLError, parse, print, Source, validate } from "graphql";

const here = path.dirname(fileURLToPath(import.meta.url));
const SUPERGRAPH = "supergraph.graphql";
const HEADER = "# Composed from the subgraphs in this folder by `npm run compose`. Edit those, not this file.\n\n";

/** The address written for a subgraph. It cannot resolve (RFC 2606): the program's configuration names the real one. */
function placeholderUrl(name) {
  return `http://${name}.subgraph.invalid/graphql`;
}

/** A refusal that is told without a stack trace. */
class Refusal extends Error {}

function describe(error) {
  return error instanceof GraphQLError ? error.toString() : String(error.message ?? error);
}

async function parseFile(file) {
  const body = await readFile(file, "utf8");
  try {
    return parse(new Source(body, path.basename(file)));
  } catch (error) {
    throw new Refusal(describe(error));
  }
}

/** The subgraphs of `folder` in the order of their names, so that the result does not depend on the file system. */
async function readSubgraphs(folder) {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".graphql") && file !== SUPERGRAPH).sort();
  if (files.length === 0) {
    throw new Refusal(`There is no subgraph schema in ${folder}. Run \`caregraph schema export\` first.`);
  }
  return Promise.all(
    files.map(async (file) => {
      const name = path.basename(file, ".graphql");
      return { name, url: placeholderUrl(name), typeDefs: await parseFile(path.join(folder, file)) };
    }),
  );
}

/** The supergraph's text, and the schema that clients see. */
function compose(subgraphs) {
  const result = composeServices(subgraphs);
  if (compositionHasErrors(result)) {
    const errors = result.errors.map((error) => `- ${error.extensions?.code ?? "ERROR"}: ${error.message}`).sort();
    throw new Refusal(`The subgraphs do not compose:\n${errors.join("\n")}`);
  }
  const sorted = print(sortSDL(parse(result.supergraphSdl)));
  return { supergraph: `${HEADER}${sorted}\n`, clientSchema: buildASTSchema(parse(result.publicSdl)) };
}

/** Refuses when an operation document in `folder` is not valid against the schema that clients see. */
async function checkDocuments(folder, clientSchema) {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".graphql")).sort();
  for (const file of files) {
    const errors = validate(clientSchema, await parseFile(path.join(folder, file)));
    if (errors.length > 0) {
      throw new Refusal(`${file} does not fit the schema:\n${errors.map(describe).join("\n")}`);
    }
  }
}

/** The first place where two texts differ, as a person would point at it. */
function firstDifference(committed, composed) {
  const [left, right] = [committed.split("\n"), composed.split("\n")];
  const line = left.findIndex((text, index) => text !== right[index]);
  const at = line === -1 ? left.length : line;
  return `line ${at + 1}:\n- ${left[at] ?? "(end of file)"}\n+ ${right[at] ?? "(end of file)"}`;
}

async function check(file, supergraph) {
  const committed = await readFile(file, "utf8").catch((error) => {
    throw error.code === "ENOENT" ? new Refusal(`${file} is missing. Run \`npm run compose\` and commit it.`) : error;
  });
  if (committed !== supergraph) {
    const difference = firstDifference(committed, supergraph);
    throw new Refusal(
      `${SUPERGRAPH} is not what the subgraphs compose to; it differs first at ${difference}\n` +
        "Run `npm ci && npm run compose` in schema/, look at `git diff` and commit the result.",
    );
  }
}

async function main() {
  const { values: options } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      folder: { type: "string", default: here },
      documents: { type: "string", multiple: true, default: [] },
    },
  });
  const subgraphs = await readSubgraphs(options.folder);
  const { supergraph, clientSchema } = compose(subgraphs);
  for (const folder of options.documents) {
    await checkDocuments(folder, clientSchema);
  }
  const file = path.join(options.folder, SUPERGRAPH);
  const names = subgraphs.map(({ name }) => name).join(", ");
  if (options.check) {
    await check(file, supergraph);
    console.log(`${SUPERGRAPH} is up to date: ${names}`);
  } else {
    await writeFile(file, supergraph);
    console.log(`${SUPERGRAPH} is composed of ${names}`);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Refusal)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
