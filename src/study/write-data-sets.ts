import { EngineError } from "../errors.js";
import type { Configuration } from "../generate/configuration.js";
import { keyCounts } from "../generate/shortfall.js";
import type { Order } from "../generate/write-samples.js";
import { armName, armOrders } from "./arms.js";
import { readSearch, type SearchRecord, writeSearch } from "./search-record.js";
import type { Purse } from "./spending.js";
import type { Study } from "./study.js";

/**
 * Writes the data sets: of the baselines, then of the configurations, the best first. In a study, one that cannot be
 * written is noted and does not stop the others, and those after the first are left out when the budget has no room. One
 * that was begun is finished.
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
  const failures: SearchRecord["failures"] = [];
  const note = async (ended?: string) => {
    if (record === undefined) return;
    const dataSets = { begun: [...begun], failures, ...(ended === undefined ? {} : { ended }) };
    await writeSearch(study, { ...record, dataSets });
  };
  const others = best.slice(1);
  for (const configuration of [...baselines, ...best]) {
    const name = others.includes(configuration) ? configuration.name : armName(configuration);
    if (others.includes(configuration) && !begun.has(configuration.name)) {
      const counts = keyCounts(journal.rows(), recipe, [configuration.name]);
      const full = await purse.noRoomFor(counts.reduce((sum, { asked, kept }) => sum + asked - kept, 0));
      if (full !== undefined) {
        await note(`The budget has no room for the data set of ${name} and those after it: ${full}.`);
        return;
      }
      begun.add(configuration.name);
      await note();
    }
    try {
      await write(armOrders(recipe, [configuration]), `Writing the data set, ${name}`);
    } catch (error) {
      if (!(error instanceof EngineError) || !others.includes(configuration)) throw error;
      failures.push({ configuration: name, message: error.message });
    }
  }
  if (others.length > 0) await note();
}
