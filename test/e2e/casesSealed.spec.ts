import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { CaseMachine } from '../helpers/cases/caseMachine.ts';
import { addNote } from '../helpers/cases/caseScreens.ts';
import { searchDisk, unmistakableName } from '../helpers/cases/diskSearch.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** What lies on the disk of a machine with case files: the whole profile of the browser is searched, byte by byte. */
const PADDING = 'packed '.repeat(4000);
const PATIENT = '陈建国';
const [CONTROL, CONTROL_FILE, RENAMED, NOTE, TEXT, TITLE, CONTENT, UNSENT] = Array.from({ length: 8 }, (_, seed) => unmistakableName(seed + 1)) as [string, string, string, string, string, string, string, string]; // eight were asked for

let server: ServerProcess;
let machine: CaseMachine;

test.beforeAll(async () => {
  server = await ServerProcess.start();
  machine = await CaseMachine.start(server);
});

test.afterAll(async () => {
  await machine?.close();
  await server?.stop();
});

test('[KEY1] nothing of a patient is found in the raw files of the browser, and the search finds what is there', async () => {
  await machine.setUp('nurse');
  const { page, panel, section } = machine;
  await machine.openCase(PATIENT);
  await section('record');
  await panel.getByTestId('edit-patient-name').click();
  await panel.getByRole('textbox').fill(RENAMED);
  await panel.getByTestId('save-patient-name').click();
  await addNote(machine.page, NOTE, TEXT);
  await section('documents');
  await panel.getByTestId('file-input').setInputFiles({ name: `${TITLE}.txt`, mimeType: 'text/plain', buffer: Buffer.from(`${CONTENT} `.repeat(20_000)) });
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await expect(panel.getByText(TITLE)).toBeVisible();
  await section('changes');
  await expect(panel.getByTestId('changes').getByRole('listitem').filter({ hasText: 'Held by the server' })).toHaveCount(4);
  // From the server's answer, and from the outbox.
  await expect(page.getByRole('heading', { name: RENAMED })).toBeVisible();
  await server.kill();
  await addNote(machine.page, 'Night', UNSENT);

  // The control: a page that keeps its secrets badly, on the same disk, packed as hard as it can be.
  await page.evaluate(
    async ({ name, inFile, packed }) => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open('control', 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore('people');
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      const put = (values: readonly unknown[], from: number) =>
        new Promise((resolve, reject) => {
          const writing = database.transaction('people', 'readwrite', { durability: 'strict' });
          values.forEach((value, index) => writing.objectStore('people').put(value, from + index));
          writing.oncomplete = resolve;
          writing.onerror = () => reject(writing.error);
        });
      await put([{ before: packed, name, after: packed }], 1);
      // LevelDB, which all of an origin's databases share, moves its journal into packed tables when that has grown to some MB.
      for (let batch = 0; batch < 10; batch += 1) await put(Array.from({ length: 50 }, () => crypto.getRandomValues(new Uint8Array(30_000))), 100 + batch * 50);
      database.close();
      const file = await (await navigator.storage.getDirectory()).getFileHandle('control', { create: true });
      const stream = await file.createWritable();
      await stream.write(inFile);
      await stream.close();
    },
    { name: CONTROL, inFile: CONTROL_FILE, packed: PADDING },
  );
  await machine.switchOff();

  const found = searchDisk(machine.profile, [CONTROL, CONTROL_FILE, RENAMED, NOTE, TEXT, TITLE, CONTENT, UNSENT]);
  const ofControl = found.filter(({ name }) => name === CONTROL);
  const table = ofControl.find(({ file }) => file.endsWith('.ldb'));
  expect(ofControl).not.toHaveLength(0);
  expect(table, 'the control in a table').toBeDefined();
  expect(readFileSync(join(machine.profile, table?.file ?? '')).includes(PADDING.slice(0, 400)), 'the table is packed').toBe(false);
  expect(found.filter(({ name, file }) => name === CONTROL_FILE && file.includes('File System'))).not.toHaveLength(0);
  expect(found.filter(({ name }) => name !== CONTROL && name !== CONTROL_FILE)).toEqual([]);
});
