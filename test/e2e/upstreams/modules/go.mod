module example.org/greet

go 1.19

require example.org/words v1.0.0

replace example.org/words => ./words
