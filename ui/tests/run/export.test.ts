// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { hardwareText, huggingFace, methodsSentence, texText, yamlText } from '../../src/run/citation';
import { fileName, plain } from '../../src/run/download';
import { lineDrawing, toCanvas, toSvg, type Ink } from '../../src/run/drawing';
import { made, record } from './fixture';

describe('the model card', () => {
    it('is in grams, of what was priced', () => {
        const yaml = huggingFace(record('digits-a'), { training: 'pre-training', place: '' })!;
        const lines = yaml.split('\n');
        expect(lines[0]).toBe('co2_eq_emissions:');
        expect(lines[1]).toBe(`  emissions: ${Number(record('digits-a').carbon.emissions_g!.toPrecision(3))}`);
        expect(yaml).toContain('training_type: "pre-training"');
        expect(yaml).toContain('geographical_location: "South Korea"');
        expect(yaml).toContain('hardware_used: "AMD EPYC 9965');
        expect(yaml).not.toMatch(/e-\d/);
    });
    it('leaves out what is not known, and is none without emissions', () => {
        const r = record('digits-a');
        const bare = { ...r, hardware: null, carbon: { ...r.carbon, zone: null, zone_name: null } };
        const yaml = huggingFace(bare, { training: '', place: '' })!;
        expect(yaml).not.toMatch(/training_type|geographical|hardware/);
        expect(huggingFace({ ...r, carbon: { ...r.carbon, emissions_g: null } }, { training: '', place: '' })).toBeNull();
    });
    it('quotes hostile names', () => {
        expect(yamlText('a"b\\c\n- d: e')).toBe('"a\\"b\\\\c\\n- d: e"');
        expect(yamlText('x\u2028\u0085')).toBe('"x\\u2028\\u0085"');
        const yaml = huggingFace(record('digits-a'), { training: '', place: 'x"\n  evil: 1' })!;
        expect(yaml.split('\n').filter((l) => l !== '')).toHaveLength(5);
    });
    it('counts accelerators', () => {
        const hardware = { cpu: 'Xeon', sockets: 2, gpus: [{ name: 'H100' }, { name: 'H100' }, 'L4', null, {}] };
        expect(hardwareText(made({ hardware }))).toBe('2 x H100, L4, 2 x Xeon');
    });
});

describe('the sentence for a paper', () => {
    it('says what, how much, how sure, how and where', () => {
        const text = methodsSentence(record('digits-a'))!;
        expect(text).toContain('rapl-perf');
        expect(text).toMatch(/took \$[\d.]+ \\pm [\d.]+\$~Wh/);
        expect(text).toContain('all of it measured');
        expect(text).toContain('South Korea');
        expect(text).toContain('average figures of electricitymaps-yearly-2025');
        expect(methodsSentence(record('modelled'))).toContain('all of it modelled');
    });
    it('is none of a run that was not measured', () => {
        const r = record('no-ops');
        expect(methodsSentence({ ...r, energy: { ...r.energy, footprint_j: null } })).toBeNull();
    });
    it('escapes', () => expect(texText('a_b & 50% {x}\\y~^#$')).toBe('a\\_b \\& 50\\% \\{x\\}\\textbackslash{}y\\textasciitilde{}\\textasciicircum{}\\#\\$'));
});

describe('files', () => {
    it('names files safely', () => {
        expect(fileName('my run/../x', 'power')).toBe('my-run-..-x-power');
        expect(fileName('..', null)).toBe('joulebook');
        expect(fileName('훈련 1')).toBe('훈련-1');
    });
    it('have colours that drawing programs know', () => {
        expect(plain('color(srgb 0.5 0 1)')).toBe('rgb(128, 0, 255)');
        expect(plain('rgb(1, 2, 3)')).toBe('rgb(1, 2, 3)');
    });
});

describe('a drawing', () => {
    const axes = {
        title: 'a <b> & "c"', xLabel: 's', yLabel: 'W', xTicks: [0, 10], yTicks: [0, 100], xText: String, yText: String,
        text: '#000', grid: '#ccc', background: '#fff',
    };
    const d = lineDrawing([{ label: 'x<y', color: '#f00', dash: [2, 2], x: [0, 1, 2, 3], y: [1, null, 3, 4] }], axes);
    it('is well-formed SVG without style attributes, whatever the names', () => {
        const svg = toSvg(d);
        expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
        expect(svg).not.toMatch(/ style=|<script/);
        expect(svg.match(/stroke-dasharray/g)).toHaveLength(2);
    });
    it('breaks a line at a gap', () => {
        const lines = d.shapes.filter((s) => s.kind === 'line' && s.stroke === '#f00');
        expect(lines.map((s) => s.kind === 'line' && s.points.length)).toEqual([1, 2]);
    });
    it('draws the same on a canvas', () => {
        const calls: string[] = [];
        const ink = new Proxy({}, { get: (_, name) => (...args: unknown[]) => calls.push(`${String(name)} ${args.join()}`), set: () => true }) as Ink;
        toCanvas(d, ink, 2);
        expect(calls[0]).toBe('scale 2,2');
        expect(calls.filter((c) => c.startsWith('stroke '))).toHaveLength(d.shapes.filter((s) => s.kind === 'line').length);
        expect(calls.filter((c) => c.startsWith('fillText'))).toHaveLength(d.shapes.filter((s) => s.kind === 'text').length);
    });
    it('keeps labels apart', () => {
        const twins = lineDrawing([1, 2, 3].map((i) => ({ label: `l${i}`, color: `#00${i}`, x: [0, 1], y: [5, 5] })), axes);
        const ys = twins.shapes.filter((s) => s.kind === 'text' && s.text.startsWith('l')).map((s) => (s.kind === 'text' ? s.y : 0));
        expect(ys[1]! - ys[0]!).toBeGreaterThanOrEqual(14);
        expect(ys[2]! - ys[1]!).toBeGreaterThanOrEqual(14);
    });
});
