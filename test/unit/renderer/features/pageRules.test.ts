import { expect, it } from 'vitest';
import { cssString, pageRules } from '../../../../renderer/features/caseFile/pageRules.ts';

it('a name cannot end its string, its rule or its element', () => {
  expect(cssString('陈素兰 · 63 岁')).toBe('"陈素兰 · 63 岁"');
  expect(cssString('a"} body{display:none}</style>\n\\')).toBe('"a\\22 \\7d  body\\7b display:none\\7d \\3c /style\\3e \\a \\5c "');
});

it('every page says who it is about, who printed it and which page of how many it is', () => {
  const rules = pageRules({ topLeft: '陈', topRight: '县医院', bottomLeft: '打印于', pages: { before: '第 ', between: ' / ', after: ' 页' } });
  for (const part of ['size: A4', '@top-left { content: "陈"', '@top-right { content: "县医院"', '@bottom-left { content: "打印于"', 'content: "第 " counter(page) " / " counter(pages) " 页"']) expect(rules).toContain(part);
});
