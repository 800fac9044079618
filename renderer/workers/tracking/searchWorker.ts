import { loadCv } from './openCv.ts';
import { Search } from './search.ts';
import type { SearchAnswer, SearchRequest } from './searchMessages.ts';

const search = loadCv().then((cv) => new Search(cv));

/** Requests that come while the library loads are answered in their order. */
self.onmessage = async ({ data }: MessageEvent<SearchRequest>) => {
  const looking = await search;
  switch (data.type) {
    case 'describe':
      return looking.describe(data.markId, data.frame, data.polygon);
    case 'forget':
      return looking.forget(data.markId);
    case 'look': {
      const answer: SearchAnswer = { generation: data.generation, rtpTimestamp: data.frame.rtpTimestamp, proposals: looking.look(data.frame, data.markIds) };
      return self.postMessage(answer);
    }
  }
};
