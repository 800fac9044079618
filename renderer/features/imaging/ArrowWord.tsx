import { CheckOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useText } from '../../ui/text.ts';
import { useImaging, useViewer } from './imagingContext.ts';

/** Asks for the word beside an arrow; the arrow stands already, and leaving the field empty leaves it so. */
export function ArrowWord() {
  const naming = useImaging((s) => s.naming);
  return naming === null ? null : <Asked key={naming} id={naming} />;
}

function Asked({ id }: { readonly id: string }) {
  const { t } = useText();
  const { model } = useViewer();
  const [word, setWord] = useState(() => model.store.getState().marks.find((mark) => mark.id === id)?.text ?? '');
  return (
    <form
      className="im-word"
      data-testid="imaging-word"
      onSubmit={(event) => {
        event.preventDefault();
        model.setWord(id, word);
      }}
    >
      <Input
        autoFocus
        value={word}
        maxLength={200}
        aria-label={t('imaging.word')}
        placeholder={t('imaging.wordHint')}
        onChange={(event) => setWord(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && model.askWord(null)}
      />
      <Button type="primary" htmlType="submit" icon={<CheckOutlined />}>
        {t('imaging.wordSave')}
      </Button>
    </form>
  );
}
