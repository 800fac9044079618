import { join } from 'node:path';
import type { Clock } from '#shared/lib/clock';
import { z } from 'zod';
import { JsonFile, type SetAsideReport } from '../jsonFile.ts';

const schema = z.object({ schemaVersion: z.literal(1), epoch: z.number().int().min(0).max(0xffff_ffff) });

/** [CTL44] The highest epoch that was ever given on this machine, in `controlEpoch.json`: one for all of its devices. */
export class Epochs {
  readonly #file: JsonFile<z.infer<typeof schema>>;

  constructor(options: { readonly folder: string; readonly clock: Clock; readonly onSetAside: (report: SetAsideReport) => void }) {
    this.#file = new JsonFile({ ...options, path: join(options.folder, 'controlEpoch.json'), schema, schemaVersion: 1 });
  }

  /**
   * 0 where none was given. A file that cannot be understood is put aside: keys are made anew for each lease, so that nothing of an epoch
   * that comes twice opens anything.
   */
  async read(): Promise<number> {
    const content = await this.#file.read();
    return content.type === 'value' ? content.value.epoch : 0;
  }

  /** On the disk when this resolves. @throws AppError `storage.*` */
  write(epoch: number): Promise<void> {
    return this.#file.write({ schemaVersion: 1, epoch });
  }
}
