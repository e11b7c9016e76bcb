// SPDX-License-Identifier: Apache-2.0

/** A row of buttons of which one is pressed. */
export function Chips<Value extends string | number>({ label, values, chosen, text, onChoose }: { label: string; values: readonly Value[]; chosen: Value; text: (value: Value) => string; onChoose: (value: Value) => void }) {
    return (
        <div class="chips" role="group" aria-label={label}>
            {values.map((value) => (
                <button key={value} class="small" aria-pressed={value === chosen} onClick={() => onChoose(value)}>
                    {text(value)}
                </button>
            ))}
        </div>
    );
}
