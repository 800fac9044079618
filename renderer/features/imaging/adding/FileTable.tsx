import { Table } from 'antd';
import { useText } from '../../../ui/text.ts';

export interface FileRow {
  readonly path: string;
  readonly text: string;
  /** Further words, as they were said; empty: none. */
  readonly detail: string;
}

/** Files with a word about each; thousands of them, some at a time. */
export function FileTable({ rows, label }: { readonly rows: readonly FileRow[]; readonly label: string }) {
  const { t } = useText();
  return (
    <Table<FileRow>
      size="small"
      rowKey={(row) => row.path}
      dataSource={[...rows]}
      aria-label={label}
      pagination={rows.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
      columns={[
        { title: t('import.file'), dataIndex: 'path', render: (path: string) => <span className="ai-path">{path}</span> },
        {
          title: t('import.fate'), dataIndex: 'text',
          render: (_, row) => (
            <>
              {row.text}
              {row.detail !== '' && <p className="hz-muted hz-small">{row.detail}</p>}
            </>
          ),
        },
      ]}
    />
  );
}
