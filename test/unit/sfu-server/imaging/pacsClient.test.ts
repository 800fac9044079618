import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PacsClient } from '../../../../sfu-server/imaging/pacs/pacsClient.ts';

let server: Server | null = null;

async function archive(answer: RequestListener): Promise<PacsClient> {
  const made = createServer(answer);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return new PacsClient({ url: `http://127.0.0.1:${(made.address() as AddressInfo).port}/dicom-web`, authorization: null }); // it listens on a port
}

describe('an archive', () => {
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('[IMG12] a study whose pictures made more changes than one page has is found', async () => {
    // As Orthanc logs a study of 600 pictures: it is new with the first of them.
    const changes = Array.from({ length: 605 }, (_, index) => ({ Seq: index + 1, ChangeType: index === 1 ? 'NewStudy' : 'NewInstance', Path: index === 1 ? '/studies/aa-1' : `/instances/${index}` }));
    const client = await archive(({ url }, response) => {
      const { pathname, searchParams } = new URL(url ?? '/', 'http://archive.invalid');
      const since = Number(searchParams.get('since'));
      const page = { Changes: changes.slice(since, since + Number(searchParams.get('limit'))) };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(pathname === '/studies/aa-1' ? { MainDicomTags: { StudyInstanceUID: '1.2.3' } } : searchParams.has('last') ? { Last: 605 } : page));
    });
    expect(await client.newestStudies(20)).toEqual(['1.2.3']);
  });

  const instance = (at: number) => ({ '00080018': { vr: 'UI', Value: [`1.2.${at}`] } });
  const list = Array.from({ length: 4500 }, (_, at) => instance(at));

  it.each([['in parts', true], ['all at once, whatever is asked', false]])('[IMG13] is asked what it has of a study, which it gives %s', async (_how, isInParts) => {
    let asked = 0;
    const client = await archive(({ url }, response) => {
      asked += 1;
      const { searchParams } = new URL(url ?? '/', 'http://archive.invalid');
      const from = Number(searchParams.get('offset'));
      response.end(JSON.stringify(isInParts ? list.slice(from, from + Number(searchParams.get('limit'))) : list));
    });
    expect((await client.instances('1.2')).size).toBe(4500);
    expect(asked).toBeLessThan(6);
  });

  it('[IMG13] that has no such study has nothing of it; one that fails is no such', async () => {
    let status = 404;
    const client = await archive((_request, response) => response.writeHead(status).end());
    expect((await client.instances('1.2')).size).toBe(0);
    status = 204;
    expect((await client.instances('1.2')).size).toBe(0);
    status = 500;
    await expect(client.instances('1.2')).rejects.toMatchObject({ code: 'imaging.pacsFailed' });
  });
});
