import { EngineError } from "../errors.js";
import type { Configuration } from "../generate/configuration.js";
import { keyCounts } from "../generate/shortfall.js";
import type { Order } from "../generate/write-samples.js";
import { armName, armOrders } from "./arms.js";
import { readSearch, type SearchRecord, writeSearch } from "./search-record.js";
import type { Purse } from "./spending.js";
import type { Study } from "./study.js";

/**
 * Writes the data sets: of the baselines and of the configurations, the best first. All are written together, which fills
 * the batches. In a study, one that cannot be written is noted and does not stop the others; where the budget has no room
 * for all, those after the first are written one by one until it is spent. One that was begun is finished.
 *
 * @param write writes orders, or throws InterruptedError when it was asked to stop
 */
export async function writeDataSets(
  study: Study,
  best: readonly Configuration[],
  { write, purse }: { write: (orders: readonly Order[], name: string) => Promise<unknown>; purse: Purse },
): Promise<void> {
  const { recipe, baselines, journal } = study;
  const record = await readSearch(study);
  const begun = new Set(record?.dataSets?.begun);
  const others = best.slice(1);
  // Decided once, so that a run that is stopped cuts the same batches.
  const decided = record?.dataSets !== undefined;
  const failures: SearchRecord["failures"] = [];
  const note = async (ended?: string) => {
    if (record === undefined || others.length === 0) return;
    const dataSets = { begun: [...begun], failures, ...(ended === undefined ? {} : { ended }) };
    await writeSearch(study, { ...record, dataSets });
  };
  const roomless = (configurations: readonly Configuration[]) => {
    const rows = journal.rows();
    const names = configurations.map(({ name }) => name);
    const open = keyCounts(rows, recipe, names).filter(({ ended }) => ended === "open");
    const missing = open.reduce((sum, { asked, kept }) => sum + asked - kept, 0);
    // Dropped texts are paid for too, at the rate of those that there are.
    const kept = rows.filter(({ filters }) => filters.length === 0).length;
    const each = rows.length === 0 ? 1 : Math.min(recipe.samples.attempts, rows.length / Math.max(1, kept));
    return purse.noRoomFor(Math.ceil(missing * each));
  };
  const nameOf = (configuration: Configuration) =>
    others.includes(configuration) ? configuration.name : armName(configuration);
  const writeOne = async (configuration: Configuration) => {
    try {
      await write(armOrders(recipe, [configuration]), `Writing the data set, ${nameOf(configuration)}`);
    } catch (error) {
      if (!(error instanceof EngineError) || !others.includes(configuration)) throw error;
      failures.push({ configuration: configuration.name, message: error.message });
    }
  };

  const fits = others.length > 0 && !decided && (await roomless([...baselines, ...best])) === undefined;
  const left = fits ? [] : others.filter(({ name }) => !begun.has(name));
  const together = [...baselines, ...best].filter((configuration) => !left.includes(configuration));
  for (const { name } of together) if (others.some((other) => other.name === name)) begun.add(name);
  if (!decided) await note();
  const [only] = together;
  if (only !== undefined && together.length === 1) await writeOne(only);
  else {
    try {
      await write(armOrders(recipe, together), `Writing ${together.length} data sets`);
    } catch (error) {
      if (!(error instanceof EngineError) || others.length === 0) throw error;
      for (const configuration of together) await writeOne(configuration);
    }
  }
  for (const configuration of left) {
    const full = await roomless([configuration]);
    if (full !== undefined) {
      await note(
        `The budget has no room for the data set of ${nameOf(configuration)} and those after it: ${full}.`,
      );
      return;
    }
    begun.add(configuration.name);
    await note();
    await writeOne(configuration);
  }
  await note();
}
