/**
 * Bundles src/ into one module and one style sheet.
 *
 *     npm run build [-- --outdir=DIRECTORY]     by default ncut_widget/static
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = import.meta.dirname;
const { values } = parseArgs({ options: { outdir: { type: "string" } } });

await build({
  absWorkingDir: here, // The paths in the bundle's comments are the same everywhere.
  entryPoints: [
    { in: "src/index.js", out: "widget" },
    { in: "src/styles/index.css", out: "widget" },
  ],
  outdir: values.outdir
    ? resolve(values.outdir)
    : resolve(here, "../ncut_widget/static"),
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  // It goes to every page, over whatever line; names stay, for whoever reports an error.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
});
