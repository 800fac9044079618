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
});
