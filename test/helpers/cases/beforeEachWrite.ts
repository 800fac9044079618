import type { CaseDatabase } from '../../../renderer/storage/cases/caseDatabase.ts';

/** Calls `step` before each write to the database: one that throws is not made, and takes its transaction along, as where a machine dies. */
export function beforeEachWrite(database: CaseDatabase, step: () => void): void {
  database.use({
    stack: 'dbcore',
    name: 'beforeEachWrite',
    create: (core) => ({
      ...core,
      table: (name) => {
        const table = core.table(name);
        return {
          ...table,
          mutate: (request) => {
            step();
            return table.mutate(request);
          },
        };
      },
    }),
  });
}
