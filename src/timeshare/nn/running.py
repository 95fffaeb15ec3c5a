"""How the layers and directions of a net run over a padded batch; TimeRecurrent brings its input to that form."""

import torch
from torch import Tensor, nn

from timeshare.nn.cells.contract import State
from timeshare.nn.graph import is_open
from timeshare.nn.layer import TimeLayer
from timeshare.nn.padding import check_lengths, readable, reverse_padded, shift_to_end, shift_to_start
from timeshare.nn.spans import Spans
from timeshare.nn.stack import TimeStack


class PaddedRun(TimeStack):
    """A net that runs over padded batches, [B, T, E]."""

    def run(self, x: Tensor, lengths: Tensor | None = None, state: State | None = None) -> tuple[Tensor, State]:
        """Run over padded sentences, [B, T, E] always, with the state as a tuple whatever the cell; see `forward`."""
        if x.dim() != 3 or x.shape[2] != self.input_size:
            raise ValueError(f"x must be [batch, steps, {self.input_size}]; it is {tuple(x.shape)}")
        batch, padded_steps, _ = x.shape
        device = x.device.type
        if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
            # As torch.nn.LSTM there: all in the lower precision, outputs and states too.
            lower = torch.get_autocast_dtype(device)
            state = None if state is None else tuple(part.to(lower) for part in state)
            with torch.autocast(device, enabled=False):
                return self.run(x.to(lower), lengths, state)
        check_lengths(lengths, batch, padded_steps)
        if lengths is None or not readable(lengths):
            lengths = None if lengths is None else lengths.to(x.device)
            return self._run_layers(x, lengths, self._initial(x, state))
        num_steps = int(lengths.max())
        lengths = None if int(lengths.min()) == num_steps else lengths.to(x.device)
        output, final = self._run_layers(x[:, :num_steps], lengths, self._initial(x, state))
        return nn.functional.pad(output, (0, 0, 0, padded_steps - num_steps)), final

    def _run_layers(self, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
        finals: list[State] = []
        for first in range(0, len(self.layers), self.num_directions):
            if first and self.dropout:
                x = nn.functional.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(self.num_directions):
                index = first + direction
                initial = tuple(part[index] for part in state)
                output, final = self._run_layer(self._layer(index), x, lengths, initial, reverse=direction == 1)
                outputs.append(output)
                finals.append(final)
            x = torch.cat(outputs, dim=2) if len(outputs) > 1 else outputs[0]
        if len(finals) == 1:
            return x, tuple(part.unsqueeze(0) for part in finals[0])
        return x, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))

    def _run_layer(
        self, layer: TimeLayer, x: Tensor, lengths: Tensor | None, state: State, reverse: bool
    ) -> tuple[Tensor, State]:
        """Run one direction: the reverse one reads each sentence from its end, its steps numbered as it reads them."""
        num_steps = x.shape[1]
        scheme = layer.sharing
        number = scheme.open_numbers if is_open(num_steps) else scheme.step_numbers
        numbers = number(num_steps, self.align)
        truncate = self.truncate if torch.is_grad_enabled() else None
        if lengths is None:
            output, final = layer(x.flip(1) if reverse else x, state, Spans(num_steps), numbers, truncate)
            return output.flip(1) if reverse else output, final
        read = reverse_padded(x, lengths) if reverse else x
        if self.align == "start" or layer.sharing.num_sets == 1:
            output, final = layer(read, state, Spans(num_steps, None, lengths), numbers, truncate)
        else:
            # Rows that end together share their step numbers, so one set of weights still serves the whole batch.
            spans = Spans(num_steps, num_steps - lengths, None)
            output, final = layer(shift_to_end(read, lengths), state, spans, numbers, truncate)
            output = shift_to_start(output, lengths)
        return reverse_padded(output, lengths) if reverse else output, final

    def _initial(self, x: Tensor, state: State | None) -> State:
        shape = (len(self.layers), x.shape[0], self.hidden_size)
        if state is None:
            return tuple(x.new_zeros(shape) for _ in range(self.cell.num_states))
        if len(state) != self.cell.num_states:
            raise ValueError(f"the initial state must have {self.cell.num_states} parts; it has {len(state)}")
        for part in state:
            if part.shape != shape:
                raise ValueError(f"each part of the initial state must be {shape}; one is {tuple(part.shape)}")
        return state
