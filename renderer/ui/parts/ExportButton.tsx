import { DownloadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { saveFile } from '../saveFile.ts';
import { useText } from '../text.ts';

export interface ExportButtonProps {
  /** Null: it failed, and the model says why. */
  readonly make: () => Promise<Blob | null>;
  readonly fileName: string;
  /** Which of several; left out: the word on the button says enough. */
  readonly label?: string;
  readonly isDisabled?: boolean;
  readonly testId?: string;
}

/** Takes something along as a file; making it may take a while, for photographs have to be opened. */
export function ExportButton({ make, fileName, label, isDisabled = false, testId }: ExportButtonProps) {
  const { t } = useText();
  const [isMaking, setMaking] = useState(false);
  const save = async () => {
    setMaking(true);
    try {
      const file = await make();
      if (file !== null) saveFile(file, fileName);
    } finally {
      setMaking(false);
    }
  };
  return (
    <Button icon={<DownloadOutlined />} disabled={isDisabled} loading={isMaking} onClick={() => void save()} aria-label={label} data-testid={testId}>
      {t('cases.export')}
    </Button>
  );
}
