// Answers JSON Lines of cases with what @vercel/flags-core says, one line for each.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/x.js`);
const { evaluate } = await import(pathToFileURL(require.resolve("@vercel/flags-core")).href);
console.error = () => {};
const out = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { definition, environment, segments, entities, now_ms, default: defaultValue } = JSON.parse(line);
  Date.now = () => now_ms;
  let told;
  try {
    const { value, variantId, reason, outcomeType } = evaluate({ definition, environment, segments, entities, defaultValue });
    told = { value, absent: value === undefined, variant_id: variantId, reason, outcome: outcomeType ?? null, error: null };
  } catch (error) {
    told = { absent: true, variant_id: null, reason: null, outcome: null, error: error.constructor.name };
  }
  out.push(JSON.stringify(told));
}
process.stdout.write(out.join("\n") + "\n");
