;; A component by hand: one function that returns a number.
(component
  (core module $code
    (func (export "answer") (result i32)
      i32.const 42))
  (core instance $code (instantiate $code))
  (func (export "answer") (result s32)
    (canon lift (core func $code "answer"))))
